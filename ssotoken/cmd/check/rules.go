package check

import (
	"fmt"
	"slices"

	"github.com/bettermode-go/sso/ssotoken/cmd/internal/profile"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// The codes of what is found in an export, beside those of the claims in package contract.
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

var because = profile.Because

// Rules lists the rules behind the codes of this package.
func Rules() []inspect.Rule { return slices.Clone(rules) }

var rules = []inspect.Rule{
	rule(RowUnreadable, inspect.Fail, inspect.OurDecision, "A row is CSV as in RFC 4180, or one JSON object.",
		"Write it again with a CSV or JSON library: quotes within a quoted field are doubled."),
	rule(RowRagged, inspect.Fail, inspect.OurDecision, "A row has as many columns as the header.",
		"Quote the fields that hold the separator, or find out what cut the row."),
	rule(RowTooLong, inspect.Fail, inspect.OurDecision,
		fmt.Sprintf("A row has at most 1 MiB: a token has at most %d KiB.", contract.MaxToken>>10),
		"Find out what filled it, such as a picture in place of its address."),
	rule(RowRepeated, inspect.Info, inspect.OurDecision, "A member is in one row: the same sub and email again does no harm.",
		"Nothing for the login. It is often a join of tables that returns a member several times."),
	rule(SubRepeated, inspect.Fail, inspect.VendorPage,
		"No two members share a sub: two emails with one sub are one account, which each login changes.",
		"Give each member a different id before the first login."),
	rule(SubSpreadsheet, inspect.Warn, inspect.OurDecision,
		"A sub is an id as the database has it: spreadsheets turn long numbers into 1.23457E+12, and 1 into 1.0.",
		"Export from the database again, without opening the file in a spreadsheet."),
	rule(EmailRepeated, inspect.Fail, inspect.VendorOther,
		"No two members share an email: whoever comes second with it, and with another sub, is refused.",
		"Let the members choose, or merge the two accounts on your site."),
	rule(EmailSpelling, inspect.Warn, inspect.OurDecision,
		"Emails of two members differ in more than case or Unicode form: no page says whether the community tells such apart.",
		"Find out whether both are one person, and merge the two accounts on your site."),
	rule(MemberUnverified, inspect.Warn, inspect.VendorPage,
		"The community takes every email as verified: a member whose address isn't must not get a token.",
		"Give such members no token until they have confirmed the address."),
	rule(SubChanged, inspect.Fail, inspect.VendorOther,
		"A member's sub never changes: with another one, and the same email, the login is refused.",
		"Send the sub that the member had, or let an administrator change the external ID."),
	rule(SubReassigned, inspect.Warn, inspect.OurDecision,
		"A sub is never given to another person, who would get the account of the one before.",
		"Find out whether name and email of one person changed, or the id was given away."),
	rule(InputUnreadable, inspect.Fail, inspect.OurDecision, "An export is CSV with a header, JSON objects or an .xlsx workbook.",
		"Export the members as CSV in UTF-8."),
	rule(HeaderMissing, inspect.Fail, inspect.OurDecision, "Each claim that is required or was mapped has its column.",
		"Name the column with --map CLAIM=COLUMN."),
	rule(HeaderRepeated, inspect.Fail, inspect.OurDecision, "A column that is read is in the header once.",
		"Rename one of the two columns."),
}

func rule(code contract.Code, verdict inspect.Verdict, source inspect.Source, sentence, fix string) inspect.Rule {
	return inspect.Rule{Code: code, Area: inspect.AreaUserBase, Verdict: verdict, Source: source, Sentence: sentence, Fix: fix}
}

// ruleOf returns the rule of a code of this package or of the contract.
func ruleOf(code contract.Code) inspect.Rule {
	if i := slices.IndexFunc(rules, func(r inspect.Rule) bool { return r.Code == code }); i >= 0 {
		return rules[i]
	}
	rule := inspect.RuleOf(code)
	if code == contract.Encoding {
		rule.Fix = "Name the export's encoding by --encoding, such as windows-1252, or find out what cut the text."
	}
	return rule
}
