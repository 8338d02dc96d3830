package ssotest

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

// How many items a page of a list has: none gets too long to scroll.
const (
	membersPerPage = 20
	spacesPerPage  = 40
	loginsPerPage  = 20
)

// A listPage is one page of a list, and what it was searched for.
type listPage[T any] struct {
	Items       []T
	Query       string
	All, Total  int // before and after the search
	Page, Pages int
	From, To    int    // of Total, from 1
	Prev, Next  string // addresses of pages; empty where there is none
}

// newListPage searches a list in the texts of its items, whatever the case, and
// cuts the page out that the request asks for, or the nearest one.
func newListPage[T any](r *http.Request, all []T, size int, texts func(T) []string) listPage[T] {
	query := r.URL.Query()
	p := listPage[T]{Query: strings.TrimSpace(query.Get("q")), All: len(all)}
	found := slices.DeleteFunc(slices.Clone(all), func(item T) bool {
		return !strings.Contains(strings.ToLower(strings.Join(texts(item), "\n")), strings.ToLower(p.Query))
	})
	p.Total, p.Pages = len(found), max(1, (len(found)+size-1)/size)
	asked, _ := strconv.Atoi(query.Get("page"))
	p.Page = min(max(asked, 1), p.Pages)
	p.From, p.To = (p.Page-1)*size+1, min(p.Page*size, p.Total)
	p.Items = found[p.From-1 : p.To]
	for n, address := range map[int]*string{p.Page - 1: &p.Prev, p.Page + 1: &p.Next} {
		if n >= 1 && n <= p.Pages {
			query.Set("page", strconv.Itoa(n))
			*address = r.URL.EscapedPath() + "?" + query.Encode()
		}
	}
	return p
}

func memberTexts(m Member) []string { return []string{m.Name, m.Email, m.ExternalID, m.ID} }

func (h *Handler) listMembers(w http.ResponseWriter, r *http.Request) {
	list := newListPage(r, h.Members(), membersPerPage, memberTexts)
	h.show(w, r, view{Page: "members", Title: "Members", Data: list})
}

func (h *Handler) listSpaces(w http.ResponseWriter, r *http.Request) {
	texts := func(s Space) []string { return []string{s.Name, s.ID, s.Slug} }
	list := newListPage(r, h.Settings().Spaces, spacesPerPage, texts)
	h.show(w, r, view{Page: "spaces", Title: "Spaces", Data: list})
}

// space is the page of a space. A community without any shows every address,
// so that a partner can be tried with its own addresses.
func (h *Handler) space(w http.ResponseWriter, r *http.Request) {
	slug := r.PathValue("of")
	spaces := h.Settings().Spaces
	i := slices.IndexFunc(spaces, func(sp Space) bool { return sp.Slug == slug })
	switch {
	case i >= 0:
		in := slices.DeleteFunc(h.Members(), func(m Member) bool { return !slices.Contains(m.Spaces, spaces[i].ID) })
		h.show(w, r, view{Page: "space", Title: spaces[i].Name, Data: struct {
			Space
			Members listPage[Member]
		}{spaces[i], newListPage(r, in, spacesPerPage, memberTexts)}})
	case len(spaces) > 0 && !strings.Contains(slug, "/"):
		h.missing(w, r, "This community has no such space.")
	default:
		h.show(w, r, view{Page: "other", Title: "A page of the community"})
	}
}

// oneMember is the page of a member. Its forms do what an administrator of a
// real community can: remove the external ID, or remove the member.
func (h *Handler) oneMember(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("of")
	h.mu.Lock()
	stored := h.members.byID[id]
	if stored == nil {
		h.mu.Unlock()
		h.missing(w, r, "This community has no such member.")
		return
	}
	m, to := stored.clone(), r.URL.EscapedPath()
	if r.Method == http.MethodPost {
		switch r.PostFormValue("do") {
		case "unlink":
			m.ExternalID = ""
			h.members.put(m)
		case "remove":
			h.members.remove(id)
			h.sessions = slices.DeleteFunc(h.sessions, func(s saved) bool { return s.Member == id })
			to = membersPath
		}
		h.touch()
		h.mu.Unlock()
		redirect(w, to)
		return
	}
	h.mu.Unlock()
	logins := h.loginsLatestFirst(func(l Attempt) bool {
		return l.isOf(m.ID) || m.ExternalID != "" && l.isOf(m.ExternalID)
	})
	h.show(w, r, view{Page: "member", Title: m.Name, Data: struct {
		Member
		Logins []Attempt
	}{m, logins}})
}

func (h *Handler) loginsLatestFirst(is func(Attempt) bool) []Attempt {
	list := slices.DeleteFunc(h.Attempts(), func(l Attempt) bool { return !is(l) })
	slices.Reverse(list)
	return list
}

// A loginsPage is a part of the logins, and the form that chose it.
type loginsPage struct {
	listPage[Attempt]
	Outcome, Member, Code string            // chosen; empty for all
	Members               map[string]string // to choose from: names by sub
	Codes                 []contract.Code   // likewise
	Kept                  int
	Filtered              bool
}

func (h *Handler) listLogins(w http.ResponseWriter, r *http.Request) {
	all, query := h.Attempts(), r.URL.Query()
	p := loginsPage{Outcome: query.Get("outcome"), Member: query.Get("member"), Code: query.Get("code"), Kept: maxLogins}
	p.Members = map[string]string{p.Member: start(p.Member)}
	for _, l := range all {
		name := cmp.Or(l.After.Name, text(l.Report, contract.Name), "no name")
		p.Members[l.sub()] = start(name) + " (" + start(l.sub()) + ")"
		p.Codes = append(p.Codes, l.codes()...)
	}
	delete(p.Members, "")
	slices.Sort(p.Codes)
	p.Codes = slices.Compact(p.Codes)
	chosen := h.loginsLatestFirst(func(l Attempt) bool {
		return (p.Outcome == "" || (p.Outcome == "accepted") == (l.Err == nil)) &&
			(p.Member == "" || l.isOf(p.Member)) && (p.Code == "" || slices.Contains(l.codes(), contract.Code(p.Code)))
	})
	p.listPage = newListPage(r, chosen, loginsPerPage, Attempt.texts)
	p.All, p.Filtered = len(all), p.Outcome+p.Member+p.Code+p.Query != ""
	h.show(w, r, view{Page: "logins", Title: "Logins", Data: p})
}

// codes are those of all findings and of what refused the login, each once.
func (l Attempt) codes() (codes []contract.Code) {
	var all []contract.Code
	for _, f := range l.Report.Findings {
		all = append(all, f.Code)
	}
	for _, c := range append(all, l.RefusedFor()...) {
		if !slices.Contains(codes, c) {
			codes = append(codes, c)
		}
	}
	return codes
}

// sub is what the token says, also when nobody verified it.
func (l Attempt) sub() string { return text(l.Report, contract.Sub) }

// isOf reports whether a login is of the member with an ID, or with an
// external ID, also when it was refused.
func (l Attempt) isOf(id string) bool {
	return slices.Contains([]string{l.After.ID, l.After.ExternalID, l.sub(), l.BySub.ID, l.ByEmail.ID}, id)
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
