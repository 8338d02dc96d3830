package contract

import "slices"

// A NoID is a text that programs write where they have no id. As a subject it
// makes one member of all people without an id.
type NoID struct {
	// Pattern is the whole text, without regard to ASCII case: a * stands for any
	// text, a ? for any one byte.
	Pattern string

	// Writer says what writes it, for people.
	Writer string

	// MayBeReal says that a site can have such an id too: its rule is SubZero, that
	// of the others SubPlaceholder.
	MayBeReal bool
}

// NoIDs lists the texts that are no subject unless a site says that it has a
// member with this id. Each was printed by the language that is named.
func NoIDs() []NoID { return slices.Clone(noIDs) }

var noIDs = []NoID{
	{"0", "an integer that nothing was read into", true},
	{"-1", "a search that found nothing", true},
	{"-0", "a number that nothing was read into", false},
	{"0.0", "a number that nothing was read into", false},
	{"nil", "Go's and Ruby's nil", false},
	{"null", "JavaScript's, Java's and SQL's null", false},
	{"undefined", "JavaScript's undefined", false},
	{"none", "Python's None", false},
	{"nan", "a number that could not be read", false},
	{"true", "a condition in place of an id", false},
	{"false", "a condition in place of an id", false},
	{"anonymoususer", "Django and Spring, where nobody is signed in", false},
	{"00000000-0000-0000-0000-000000000000", "the nil UUID (RFC 9562, section 5.9)", false},
	{"{00000000-0000-0000-0000-000000000000}", "the nil UUID (RFC 9562, section 5.9)", false},
	{"urn:uuid:00000000-0000-0000-0000-000000000000", "the nil UUID (RFC 9562, section 5.9)", false},
	{"00000000000000000000000000000000", "the nil UUID (RFC 9562, section 5.9)", false},
	{"ffffffff-ffff-ffff-ffff-ffffffffffff", "the max UUID (RFC 9562, section 5.10)", false},
	{"000000000000000000000000", "an ObjectId that nothing was read into", false},
	{"00000000000000000000000000", "a ULID that nothing was read into", false},
	{"0001-01-01 00:00:00 +0000 utc", "Go's zero time", false},
	{"*%!*(*", "Go's fmt, for a verb that does not fit", false},
	{"&{*}", "Go's fmt, for a pointer to a struct", false},
	{"&[*]", "Go's fmt, for a pointer to a slice", false},
	{"map[*]", "Go's fmt, for a map", false},
	{"&map[*]", "Go's fmt, for a pointer to a map", false},
	{"0xc0????????", "Go's fmt, for a pointer: each process prints another", false},
	{"{* *}", "Go's fmt, for a struct", false},
	{"{*:*}", "a whole object in place of its id", false},
	{"{}", "an empty object", false},
	{"[*]", "a list, or JavaScript's [object Object]", false},
	{"(*)", "C's (nil), or Python, for a row in place of its first column", false},
	{"<*>", "Go's <nil>, Python, for an object, or a sample", false},
	{"#<*>", "Ruby, for an object", false},
	{"java.*@*", "Java, for an object", false},
	{"{*id}", "a template that was not filled in", false},
	{"{{*}}", "a template that was not filled in", false},
	{"${*}", "a template that was not filled in", false},
	{"#{*}", "a template that was not filled in", false},
	{"%{*}", "a template that was not filled in", false},
	{"%s", "a format that was not filled in", false},
	{"%d", "a format that was not filled in", false},
	{"%v", "a format that was not filled in", false},
}
