package check

import (
	"fmt"
	"slices"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// The codes of what is found in an export, beside those of the claims in package
// contract.
const (
	RowUnreadable    contract.Code = "row-unreadable"
	RowRagged        contract.Code = "row-ragged"
	RowTooLong       contract.Code = "row-too-long"
	RowRepeated      contract.Code = "row-repeated"
	SubRepeated      contract.Code = "sub-repeated"
	SubSpreadsheet   contract.Code = "sub-spreadsheet"
	EmailRepeated    contract.Code = "email-repeated"
	EmailSpelling    contract.Code = "email-spelling"
	MemberUnverified contract.Code = "member-unverified"
	SubChanged       contract.Code = "sub-changed"
	SubReassigned    contract.Code = "sub-reassigned"
	InputUnreadable  contract.Code = "input-unreadable"
	HeaderMissing    contract.Code = "header-missing"
	HeaderRepeated   contract.Code = "header-repeated"
)

// Rules lists the rules behind the codes of this package.
func Rules() []contract.Rule { return slices.Clone(rules) }

var rules = []contract.Rule{
	{Code: RowUnreadable, Area: contract.UserBase, Verdict: contract.Fail, Source: contract.OurDecision,
		Sentence: "A row is CSV as in RFC 4180, or one JSON object.",
		Fix:      "Write it again with a CSV or JSON library: quotes within a quoted field are doubled."},
	{Code: RowRagged, Area: contract.UserBase, Verdict: contract.Fail, Source: contract.OurDecision,
		Sentence: "A row has as many columns as the header.",
		Fix:      "Quote the fields that hold the separator, or find out what cut the row."},
	{Code: RowTooLong, Area: contract.UserBase, Verdict: contract.Fail, Source: contract.OurDecision,
		Sentence: fmt.Sprintf("A row has at most 1 MiB: a token has at most %d KiB.", contract.MaxToken>>10),
		Fix:      "Find out what filled it, such as a picture in place of its address."},
	{Code: RowRepeated, Area: contract.UserBase, Verdict: contract.Info, Source: contract.OurDecision,
		Sentence: "A member is in one row: the same sub and email again does no harm.",
		Fix:      "Nothing for the login. It is often a join of tables that returns a member several times."},
	{Code: SubRepeated, Area: contract.UserBase, Verdict: contract.Fail, Source: contract.VendorPage,
		Sentence: "No two members share a sub: two emails with one sub are one account, which each login changes.",
		Fix:      "Give each member a different id before the first login."},
	{Code: SubSpreadsheet, Area: contract.UserBase, Verdict: contract.Warn, Source: contract.OurDecision,
		Sentence: "A sub is an id as the database has it: spreadsheets turn long numbers into 1.23457E+12, and 1 into 1.0.",
		Fix:      "Export from the database again, without opening the file in a spreadsheet."},
	{Code: EmailRepeated, Area: contract.UserBase, Verdict: contract.Fail, Source: contract.VendorOther,
		Sentence: "No two members share an email: whoever comes second with it, and with another sub, is refused.",
		Fix:      "Let the members choose, or merge the two accounts on your site."},
	{Code: EmailSpelling, Area: contract.UserBase, Verdict: contract.Warn, Source: contract.OurDecision,
		Sentence: "Emails of two members differ in more than case or Unicode form: no page says whether the community tells such apart.",
		Fix:      "Find out whether both are one person, and merge the two accounts on your site."},
	{Code: MemberUnverified, Area: contract.UserBase, Verdict: contract.Warn, Source: contract.VendorPage,
		Sentence: "The community takes every email as verified: a member whose address isn't must not get a token.",
		Fix:      "Return ErrEmailUnverified for such members, and let them confirm the address."},
	{Code: SubChanged, Area: contract.UserBase, Verdict: contract.Fail, Source: contract.VendorOther,
		Sentence: "A member's sub never changes: with another one, and the same email, the login is refused.",
		Fix:      "Send the sub that the member had, or let an administrator change the external ID."},
	{Code: SubReassigned, Area: contract.UserBase, Verdict: contract.Warn, Source: contract.OurDecision,
		Sentence: "A sub is never given to another person, who would get the account of the one before.",
		Fix:      "Find out whether name and email of one person changed, or the id was given away."},
	{Code: InputUnreadable, Area: contract.UserBase, Verdict: contract.Fail, Source: contract.OurDecision,
		Sentence: "An export is CSV with a header, JSON objects or an .xlsx workbook.",
		Fix:      "Export the members as CSV in UTF-8."},
	{Code: HeaderMissing, Area: contract.UserBase, Verdict: contract.Fail, Source: contract.OurDecision,
		Sentence: "Each claim that is required or was mapped has its column.",
		Fix:      "Name the column with --map CLAIM=COLUMN."},
	{Code: HeaderRepeated, Area: contract.UserBase, Verdict: contract.Fail, Source: contract.OurDecision,
		Sentence: "A column that is read is in the header once.",
		Fix:      "Rename one of the two columns."},
}

// ruleOf returns the rule of a code of this package or of the contract.
func ruleOf(code contract.Code) contract.Rule {
	if i := slices.IndexFunc(rules, func(r contract.Rule) bool { return r.Code == code }); i >= 0 {
		return rules[i]
	}
	return inspect.RuleOf(code)
}
