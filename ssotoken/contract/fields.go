package contract

import "slices"

// A FieldType is a type of custom profile field, as a site names it.
type FieldType struct {
	// Name is the type's name in struct tags and on the command line, in lower case.
	Name string

	// Vendor is the type's name in the vendor's schema.
	Vendor string

	// JSON is the form of a value in the token: string, number, boolean,
	// array or object. No page of the vendor shows it (a decision of this
	// project).
	JSON string

	// Example is a value as text.
	Example string
}

// FieldTypes lists the types of custom fields.
func FieldTypes() []FieldType { return slices.Clone(fieldTypes) }

var fieldTypes = []FieldType{
	{"text", "text", "string", "Research"},
	{"richtext", "richText", "string", "<b>hi</b>"},
	{"integer", "number", "number", "5"},
	{"number", "number", "number", "2.5"},
	{"boolean", "boolean", "boolean", "true"},
	{"date", "date", "string", "2006-01-02"},
	{"datetime", "date", "string", "2006-01-02T15:04:05Z"},
	{"array", "array", "array", `["a","b"]`},
	{"object", "object", "object", `{"city":"London"}`},
	{"relation", "relation", "string", "POST_ID"},
}
