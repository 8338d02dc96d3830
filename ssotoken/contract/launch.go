package contract

import "fmt"

// userBaseRules are about what package check looks at before a launch.
var userBaseRules = []Rule{
	{RowUnreadable, UserBase, Fail, OurDecision, "A row is CSV as in RFC 4180, or one JSON object on a line.",
		"Write it again with a CSV or JSON library: quotes within a quoted field are doubled.", ""},
	{RowRagged, UserBase, Fail, OurDecision, "A row has as many columns as the header.",
		"Quote the fields that hold the separator, or find out what cut the row.", ""},
	{RowTooLong, UserBase, Fail, OurDecision, fmt.Sprintf("A row keeps to 1 MiB: a token has at most %d KiB.", MaxToken>>10),
		"Find out what filled it, such as a picture in place of its address.", ""},
	{RowRepeated, UserBase, Info, OurDecision, "A member stands in one row: the same sub and email again does no harm.",
		"Nothing for the login. It is often a join of tables that gives a member several rows.", ""},
	{SubRepeated, UserBase, Fail, VendorPage, "A member has a sub of their own: two emails with one sub are one account, which each login changes.",
		"Give each member an id of their own before the first login.", ""},
	{EmailRepeated, UserBase, Fail, VendorOther, "A member has an email of their own: who comes second with it, and with another sub, is refused.",
		"Let the members choose, or merge the two accounts on your site.", ""},
	{EmailSpelling, UserBase, Warn, OurDecision, "Emails of two members differ in more than case or Unicode form: no page says whether the community tells such apart.",
		"Find out whether both are one person, and merge the two accounts on your site.", ""},
	{SubChanged, UserBase, Fail, VendorOther, "A member's sub never changes: with another one, and the same email, the login is refused.",
		"Send the sub that the member had, or let an administrator change the external ID.", ""},
	{SubReassigned, UserBase, Warn, OurDecision, "A sub is never given to another person, who would get the account of the one before.",
		"Find out whether name and email of one person changed, or the id was given away.", ""},
}
