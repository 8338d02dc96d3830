package ssotest

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
)

// An adminForm is the page of the community's settings: their values as text,
// and what is wrong with those that were sent.
type adminForm struct {
	Values   map[string]string // by the setting's name
	Problems map[string]string // likewise
	Saved    string            // what was just saved
	Made     bool              // the key is the community's own making
	Key      string            // revealed
}

// inputs are the settings that have a form field, by name: a pointer to a
// string, a bool or a duration.
func inputs(s *Settings) map[string]any {
	of, v := map[string]any{}, reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		switch p := v.Field(i).Addr().Interface().(type) {
		case *string, *bool, *time.Duration:
			of[v.Type().Field(i).Name] = p
		}
	}
	return of
}

func (h *Handler) adminForm() adminForm {
	h.mu.Lock()
	s, made := h.settings.clone(), h.madeKey
	h.mu.Unlock()
	f := adminForm{Made: made, Values: map[string]string{}, Problems: map[string]string{}}
	for name, p := range inputs(&s) {
		switch p := p.(type) {
		case *string:
			f.Values[name] = *p
		case *bool:
			f.Values[name] = map[bool]string{true: "on"}[*p]
		case *time.Duration:
			f.Values[name] = strconv.FormatFloat(p.Seconds(), 'f', -1, 64)
		}
	}
	for _, sp := range s.Spaces {
		f.Values["Spaces"] += sp.ID + " | " + oneLine(sp.Name) + " | " + sp.Slug + "\n"
	}
	for _, field := range s.CustomFields {
		line := []string{oneLine(field.Name), field.Type, strings.Join(field.ExternalKeys, ", ")}
		f.Values["CustomFields"] += strings.Join(line, " | ") + "\n"
	}
	return f
}

// An adminField is a field of the form, with its label and what is wrong with it.
type adminField struct{ Name, Label, Hint, Value, Problem string }

func (f adminForm) input(name, label, hint string) adminField {
	return adminField{name, label, hint, f.Values[name], f.Problems[name]}
}

// page shows the form, with what is wrong with all of it, if anything is.
func (f *adminForm) page() view { return view{Page: "admin", Title: "Settings", Data: f} }

func (h *Handler) showSettings(_ http.ResponseWriter, r *http.Request) answer {
	form := h.adminForm()
	form.Saved = r.URL.Query().Get("saved")
	return form.page()
}

func (h *Handler) saveSettings(_ http.ResponseWriter, r *http.Request) answer {
	form := h.adminForm()
	err := h.Configure(func(s *Settings) { form.read(s, r) })
	var refused *ssotoken.ConfigError
	if errors.As(err, &refused) {
		for _, f := range refused.Fields {
			field, _, _ := strings.Cut(f.Field, "[")
			form.problem(field, strings.TrimPrefix(f.Field, field)+" "+f.Err.Error())
		}
	}
	if n := len(form.Problems); n > 0 {
		return form.page().refused("Nothing was saved. " + plural(n, "field") + " to correct.")
	}
	return redirect(settingsPath + "?saved=settings")
}

func (f adminForm) problem(field, why string) {
	f.Problems[field] = cmp.Or(f.Problems[field], strings.TrimSpace(why))
}

// read takes the settings from a form that was sent. One that can't be read is
// a problem, and an error of the settings as a whole: nothing is then changed.
func (f adminForm) read(s *Settings, r *http.Request) {
	sent := func(name string) string {
		f.Values[name] = strings.TrimSpace(r.PostFormValue(name))
		return f.Values[name]
	}
	for name, p := range inputs(s) {
		switch p := p.(type) {
		case *string:
			*p = sent(name)
		case *bool:
			*p = sent(name) != ""
		case *time.Duration:
			seconds, err := strconv.ParseFloat(cmp.Or(sent(name), "0"), 64)
			if err != nil || !(math.Abs(seconds) < 1e6) {
				f.problem(name, "is not a number of seconds")
				seconds = 1e6 // which the settings refuse
			}
			*p = time.Duration(seconds * float64(time.Second))
		}
	}
	s.Spaces, s.CustomFields = nil, nil
	for line := range strings.Lines(sent("Spaces")) {
		if id, rest, _ := strings.Cut(line, "|"); strings.TrimSpace(line) != "" {
			name, slug := cutLast(rest)
			s.Spaces = append(s.Spaces, Space{ID: strings.TrimSpace(id), Name: name, Slug: slug})
		}
	}
	for line := range strings.Lines(sent("CustomFields")) {
		if strings.Count(line, "|") < 2 {
			line += "|" // without external keys
		}
		rest, keys := cutLast(line)
		name, kind := cutLast(rest)
		field := CustomField{Name: name, Type: kind}
		for key := range strings.SplitSeq(keys, ",") {
			if key = strings.TrimSpace(key); key != "" {
				field.ExternalKeys = append(field.ExternalKeys, key)
			}
		}
		if rest != "" {
			s.CustomFields = append(s.CustomFields, field)
		}
	}
}

// cutLast cuts at the last bar: a name may hold others.
func cutLast(line string) (before, after string) {
	if i := strings.LastIndexByte(line, '|'); i >= 0 {
		line, after = line[:i], line[i+1:]
	}
	return strings.TrimSpace(line), strings.TrimSpace(after)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// adminKey does with the key what its button says. A key that the community
// made is shown in the answer to the button "reveal" alone: no page that is
// merely visited has it. One that was given is not shown at all.
func (h *Handler) changeKey(_ http.ResponseWriter, r *http.Request) answer {
	form := h.adminForm()
	var key ssotoken.Key // the zero one is replaced by a random one
	switch r.PostFormValue("do") {
	case "reveal":
		if form.Made {
			form.Key = h.Key().Reveal()
			return form.page()
		}
		page := form.page().refused("You set this key yourself, so it isn't shown here.")
		page.Status = http.StatusForbidden
		return page
	case "use":
		var err error
		if key, err = ssotoken.NewKey(r.PostFormValue("Key")); err != nil {
			form.problem("Key", err.Error())
			return form.page().refused("The key was not changed.")
		}
	case "regenerate":
	default:
		return redirect(settingsPath)
	}
	return h.configure(settingsPath+"?saved=key", func(s *Settings) { s.Key = key })
}

// configure makes a change that no setting stands against.
func (h *Handler) configure(to redirect, change func(*Settings)) answer {
	if err := h.Configure(change); err != nil {
		return fieldProblems(err)
	}
	return to
}

func (h *Handler) calm(http.ResponseWriter, *http.Request) answer {
	return h.configure(settingsPath+"?saved=settings", func(s *Settings) {
		s.RefuseEverything, s.RetryRefusedLogins, s.ClockSkew, s.Delay = false, false, 0, 0
	})
}

// troubles says what the settings do on purpose to logins that are in order.
func (s Settings) troubles() (list []string) {
	if s.RefuseEverything {
		list = append(list, "refuses every login")
	}
	if s.RetryRefusedLogins {
		list = append(list, "sends refused logins back to the partner")
	}
	if s.ClockSkew != 0 {
		side := map[bool]string{true: "ahead", false: "behind"}[s.ClockSkew > 0]
		list = append(list, fmt.Sprintf("has a clock that is %s %s", inWords(s.ClockSkew.Abs()), side))
	}
	if s.Delay > 0 {
		list = append(list, fmt.Sprintf("takes %v for a login", s.Delay))
	}
	return list
}
