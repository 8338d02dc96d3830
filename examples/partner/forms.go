package main

import (
	"net/http"
	"unicode/utf8"
)

// A form is a page of one form, which posts to its own address.
type form struct {
	Title, Intro, Button string
	Problem              string // of the whole form
	Fields               []field
	Other                link
}

type field struct {
	Name, Label, Type, Value string
	Autocomplete             string
	Hint, Problem            string
	Optional                 bool
	MaxLength                int
}

type link struct{ Href, Text string }

// withQuery is another page of this site, with the community's referrer_uri.
func withQuery(path string, r *http.Request) string {
	if r.URL.RawQuery == "" {
		return path
	}
	return path + "?" + r.URL.RawQuery
}

func nameField(value string) field {
	return field{
		Name: "name", Label: "Name", Value: value, Autocomplete: "name", Hint: "Other members see it.", MaxLength: maxText,
	}
}

func emailField(value string) field {
	return field{Name: "email", Label: "Email address", Type: "email", Value: value, Autocomplete: "email"}
}

func passwordField(autocomplete, hint string) field {
	return field{Name: "password", Label: "Password", Type: "password", Autocomplete: autocomplete, Hint: hint}
}

// problem says what is wrong with a field, and that the form is.
func (f *form) problem(name, text string) {
	f.Problem = "Please correct what is marked."
	for i := range f.Fields {
		if f.Fields[i].Name == name {
			f.Fields[i].Problem = text
		}
	}
}

// blame marks the fields that the community would refuse, and those that are too long.
func (f *form) blame(m member) {
	for _, name := range refused(m) {
		switch name {
		case "name":
			f.problem(name, "Give the name that other members see.")
		case "email":
			f.problem(name, "Give one plain email address, such as ada@example.com.")
		}
	}
	for _, text := range f.Fields {
		if text.MaxLength > 0 && utf8.RuneCountInString(text.Value) > text.MaxLength {
			f.problem(text.Name, "Use at most 100 characters.")
		}
	}
}
