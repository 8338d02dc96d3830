package contract

import "slices"

// A NoID is a text that programs write where they have no id. As a subject it
// makes one member of all people without an id.
type NoID struct {
	Text   string // the whole subject, in exactly these letters
	Writer string // what writes it, for people

	// MayBeReal says that a site can have such an id too: its rule is SubZero, that
	// of the others SubPlaceholder.
	MayBeReal bool
}

// NoIDs lists the texts that are no subject unless a site says that it has a
// member with this id.
func NoIDs() []NoID { return slices.Clone(noIDs) }

// NoIDOf returns the row of a text, and whether there is one.
func NoIDOf(text string) (NoID, bool) {
	no, ok := noIDByText[text]
	return no, ok
}

var noIDByText = byKey(noIDs, func(no NoID) string { return no.Text })

var noIDs = slices.Concat(
	[]NoID{
		{"0", "an integer that nothing was read into", true},
		{"-1", "a search that found nothing", true},
		{"NA", "R and data frames, for a missing value", true},
	},
	writtenBy("a number that nothing was read into", "-0", "0.0", "-0.0", "0x0"),
	writtenBy("a number that could not be read", "NaN", "nan", "NAN", "-nan", "-nan(ind)", "1.#QNAN", "-1.#IND",
		"Infinity", "-Infinity", "+Inf", "-Inf"),
	writtenBy("Go", "nil", "<nil>", "%!s(<nil>)", "%!d(<nil>)", "%!v(<nil>)", "%!s(MISSING)", "%!d(MISSING)", "%!v(MISSING)",
		"%!d(string=)", "<no value>", "{ false}", "{0 false}", "&{}", "map[]", "0001-01-01 00:00:00 +0000 UTC", "0001-01-01T00:00:00Z"),
	writtenBy("JavaScript", "null", "undefined", "[object Object]", "[object Promise]", "[object Undefined]", "[object Null]"),
	writtenBy("Python", "None", "NaT", "<NA>", "b''", "NoneType", "<class 'NoneType'>", "<built-in function id>", "AnonymousUser"),
	writtenBy("Java", "Optional.empty", "OptionalInt.empty", "OptionalLong.empty", "OptionalDouble.empty", "anonymousUser"),
	writtenBy("C#", "System.Object", "System.DBNull", "System.String[]", "DBNull", "DBNull.Value", "Guid.Empty",
		"1/1/0001 12:00:00 AM", "01/01/0001 00:00:00"),
	writtenBy("PHP, Perl or Ruby", "Array", "undef", "#<Object>", "#<NilClass>"),
	writtenBy("C or Objective-C", "(null)", "(nil)", "<null>"),
	writtenBy("a database or its tools", "NULL", `\N`, "[NULL]", "(NULL)", "[null]", "{null}", "<NULL>", "(none)", "<none>",
		"(undefined)", "<undefined>", "(empty)", "<empty>", "(missing)", "<missing>", "0000-00-00", "0000-00-00 00:00:00"),
	writtenBy("a spreadsheet", "#N/A", "#NA", "#REF!", "#NAME?", "#VALUE!", "#NULL!", "#DIV/0!", "#NUM!", "#ERROR!", "N/A", "n/a"),
	writtenBy("an empty list, object or text", "[]", "{}", "()", `""`, "''", `"null"`, "[None]", "[undefined]"),
	writtenBy("a condition in place of an id", "true", "false", "True", "False", "TRUE", "FALSE"),
	writtenBy("a template that was not filled in", "{id}", "{{id}}", "{{ id }}", "${id}", "#{id}", "%{id}", ":id", "<id>", "%id%",
		"{user_id}", "{{user_id}}", "{{ user.id }}", "{{.ID}}", "{{ .ID }}", "${user.id}", "<%= id %>", "<%= user.id %>", "%s", "%d", "%v",
		"{0}", "{userId}", "${userId}", "{{userId}}", "{{user.id}}", "#{user.id}"),
	writtenBy("the nil UUID (RFC 9562, section 5.9)", "00000000-0000-0000-0000-000000000000", "{00000000-0000-0000-0000-000000000000}",
		"urn:uuid:00000000-0000-0000-0000-000000000000", "00000000000000000000000000000000"),
	writtenBy("the max UUID (RFC 9562, section 5.10)", "ffffffff-ffff-ffff-ffff-ffffffffffff", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"),
	writtenBy("an ObjectId or ULID that nothing was read into", "000000000000000000000000", "00000000000000000000000000"),
)

func writtenBy(writer string, texts ...string) (rows []NoID) {
	for _, text := range texts {
		rows = append(rows, NoID{text, writer, false})
	}
	return rows
}
