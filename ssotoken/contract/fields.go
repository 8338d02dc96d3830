package contract

import "slices"

// A FieldType is a type of custom profile field, as a site names it.
type FieldType struct {
	// Name is the type's name in struct tags and on the command line, in lower case.
	Name string

	// Constructor is the function of package customfields that makes one.
	Constructor string

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
	{"text", "Text", "text", "string", "Research"},
	{"richtext", "RichText", "richText", "string", "<b>hi</b>"},
	{"integer", "Integer", "number", "number", "5"},
	{"number", "Number", "number", "number", "2.5"},
	{"boolean", "Boolean", "boolean", "boolean", "true"},
	{"date", "Date", "date", "string", "2006-01-02"},
	{"datetime", "DateTime", "date", "string", "2006-01-02T15:04:05Z"},
	{"array", "Array", "array", "array", `["a","b"]`},
	{"object", "Object", "object", "object", `{"city":"London"}`},
	{"relation", "Relation", "relation", "string", "POST_ID"},
}
