package ssotest

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// A loginsPage is a part of the logins, and the form that chose it.
type loginsPage struct {
	listPage[Attempt]
	Outcome, Member, Code string // chosen; empty for all
	Members               []choice
	Codes                 []choice
	Kept                  int
	Filtered              bool
}

// A choice is an option of a select.
type choice struct {
	Value, Text string
	Chosen      bool
}

func (h *Handler) listLogins(w http.ResponseWriter, r *http.Request) {
	all := h.Attempts()
	slices.Reverse(all)
	query := r.URL.Query()
	p := loginsPage{Outcome: query.Get("outcome"), Member: query.Get("member"), Code: query.Get("code"), Kept: maxLogins}
	p.Members, p.Codes = loginChoices(all, p.Member, p.Code)
	chosen := slices.DeleteFunc(slices.Clone(all), func(l Attempt) bool {
		return p.Outcome == "accepted" && l.Err != nil || p.Outcome == "refused" && l.Err == nil ||
			p.Member != "" && !l.isOf(p.Member) || p.Code != "" && !slices.Contains(l.codes(), contract.Code(p.Code))
	})
	p.listPage = newListPage(r, chosen, loginsPerPage, Attempt.texts)
	p.All = len(all)
	p.Filtered = p.Outcome != "" || p.Member != "" || p.Code != "" || p.Query != ""
	h.show(w, r, view{Page: "logins", Title: "Logins", Data: p})
}

func loginChoices(logins []Attempt, member, code string) (members, codes []choice) {
	subs, seen := map[string]string{}, map[contract.Code]bool{}
	for _, l := range slices.Backward(logins) {
		if sub := l.sub(); sub != "" {
			subs[sub] = cmp.Or(l.After.Name, text(l.Report, contract.Name), "no name")
		}
		for _, c := range l.codes() {
			seen[c] = true
		}
	}
	for sub, name := range subs {
		members = append(members, choice{sub, start(name) + " (" + start(sub) + ")", sub == member})
	}
	if _, ok := subs[member]; member != "" && !ok {
		members = append(members, choice{member, start(member), true})
	}
	for c := range seen {
		codes = append(codes, choice{string(c), string(c), string(c) == code})
	}
	byText := func(a, b choice) int { return strings.Compare(strings.ToLower(a.Text), strings.ToLower(b.Text)) }
	slices.SortFunc(members, byText)
	slices.SortFunc(codes, byText)
	return members, codes
}

// codes are the stable names of the rules that the login broke, or that were
// worth a note, each once.
func (l Attempt) codes() []contract.Code {
	var codes []contract.Code
	var code contract.Code
	if errors.As(l.Err, &code) && !l.Report.Has(code) {
		codes = append(codes, code)
	}
	for _, f := range l.Report.Findings {
		if !slices.Contains(codes, f.Code) {
			codes = append(codes, f.Code)
		}
	}
	return codes
}

// sub is what the token says, also when nobody verified it.
func (l Attempt) sub() string { return text(l.Report, contract.Sub) }

// isOf reports whether a login is of the member with an ID, or with an
// external ID, also when it was refused.
func (l Attempt) isOf(id string) bool {
	return id == l.After.ID || id == l.After.ExternalID || id == l.sub() || id == l.BySub.ID || id == l.ByEmail.ID
}

func (l Attempt) texts() []string {
	texts := []string{
		strconv.Itoa(l.Number), l.After.Name, text(l.Report, contract.Name), text(l.Report, contract.Email), l.sub(),
		l.Landing.RedirectURI, l.Landing.Location,
	}
	for _, c := range l.codes() {
		texts = append(texts, string(c))
	}
	return texts
}
