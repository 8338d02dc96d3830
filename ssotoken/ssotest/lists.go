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
	loginsPerPage  = 50
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

// newListPage searches a list for items whose texts have each word, whatever the case, and
// cuts the page out that the request asks for, or the nearest one.
func newListPage[T any](r *http.Request, all []T, size int, texts func(T) []string) listPage[T] {
	query := r.URL.Query()
	p := listPage[T]{Query: strings.TrimSpace(query.Get("q")), All: len(all)}
	words := strings.Fields(strings.ToLower(p.Query))
	found := slices.DeleteFunc(slices.Clone(all), func(item T) bool {
		text := strings.ToLower(strings.Join(texts(item), "\n"))
		return slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
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

func (h *Handler) listMembers(_ http.ResponseWriter, r *http.Request) answer {
	list := newListPage(r, h.Members(), membersPerPage, memberTexts)
	return view{Page: "members", Title: "Members", Data: list}
}

func (h *Handler) listSpaces(_ http.ResponseWriter, r *http.Request) answer {
	texts := func(s Space) []string { return []string{s.Name, s.ID, s.Slug} }
	list := newListPage(r, h.Settings().Spaces, spacesPerPage, texts)
	return view{Page: "spaces", Title: "Spaces", Data: list}
}

// space is the page of a space. A community without any shows every address,
// so that a partner can be tried with its own addresses.
func (h *Handler) space(_ http.ResponseWriter, r *http.Request) answer {
	slug := r.PathValue("of")
	spaces := h.Settings().Spaces
	i := slices.IndexFunc(spaces, func(sp Space) bool { return sp.Slug == slug })
	switch {
	case i >= 0:
		in := slices.DeleteFunc(h.Members(), func(m Member) bool { return !slices.Contains(m.Spaces, spaces[i].ID) })
		return view{Page: "space", Title: spaces[i].Name, Data: struct {
			Space
			Members listPage[Member]
		}{spaces[i], newListPage(r, in, spacesPerPage, memberTexts)}}
	case len(spaces) > 0 && !strings.Contains(slug, "/"):
		return missing("This community has no such space.")
	}
	return view{Page: "other", Title: "A page of the community"}
}

// oneMember is the page of a member. Its forms do what an administrator of a
// real community can: remove the external ID, or remove the member.
func (h *Handler) oneMember(_ http.ResponseWriter, r *http.Request) answer {
	id, to := r.PathValue("of"), redirect(r.URL.EscapedPath())
	isForm := r.Method == http.MethodPost
	h.mu.Lock()
	m := h.members.byID[id].clone()
	if isForm && m.ID != "" {
		if h.change(m, r.PostFormValue("do")); h.members.byID[id] == nil {
			to = membersPath
		}
	}
	h.mu.Unlock()
	switch {
	case m.ID == "":
		return missing("This community has no such member.")
	case isForm:
		return to
	}
	logins := h.latest(func(l *login) bool { return l.isOf(m.ID) || m.ExternalID != "" && l.isOf(m.ExternalID) })
	return view{Page: "member", Title: m.Name, Data: struct {
		Member
		Logins []*login
	}{m, logins}}
}

// change does to a member what an administrator or an app can. The caller holds the lock.
func (h *Handler) change(m Member, what string) {
	switch what {
	case "unlink":
		m.ExternalID = ""
	case "suspendMember", "unsuspendMember":
		m.Suspended = what == "suspendMember"
	}
	if h.members.put(m); what == "deleteMember" {
		h.members.remove(m.ID)
	}
	if what != "unlink" {
		h.sessions = slices.DeleteFunc(h.sessions, func(s saved) bool { return s.Member == m.ID })
	}
	h.touch()
}

// latest lists the logins, the latest first, that are wanted.
func (h *Handler) latest(wanted func(*login) bool) []*login {
	_, list := h.kept()
	list = slices.DeleteFunc(list, func(l *login) bool { return !wanted(l) })
	slices.Reverse(list)
	return list
}

// A loginsPage is a part of the logins, and the form that chose it.
type loginsPage struct {
	listPage[*login]
	Outcome, Member, Code string            // chosen; empty for all
	Members               map[string]string // to choose from: names by sub
	Codes                 []contract.Code   // likewise
	Filtered              bool
}

func (h *Handler) listLogins(_ http.ResponseWriter, r *http.Request) answer {
	query := r.URL.Query()
	p := loginsPage{Outcome: query.Get("outcome"), Member: query.Get("member"), Code: query.Get("code")}
	p.Members = map[string]string{p.Member: start(p.Member)}
	all := 0
	chosen := h.latest(func(l *login) bool {
		all++
		name := cmp.Or(l.After.Name, l.Claim(contract.Name), "no name")
		p.Members[l.sub()] = start(name) + " (" + start(l.sub()) + ")"
		p.Codes = append(p.Codes, l.Codes...)
		return (p.Outcome == "" || (p.Outcome == "accepted") == l.Accepted) &&
			(p.Member == "" || l.isOf(p.Member)) && (p.Code == "" || slices.Contains(l.Codes, contract.Code(p.Code)))
	})
	delete(p.Members, "")
	slices.Sort(p.Codes)
	p.Codes = slices.Compact(p.Codes)
	p.listPage = newListPage(r, chosen, loginsPerPage, (*login).texts)
	p.All, p.Filtered = all, p.Outcome+p.Member+p.Code+p.Query != ""
	return view{Page: "logins", Title: "Logins", Data: p}
}

// Claim returns the text of a claim, also when nobody verified it. It is empty if
// the claim is not a text.
func (l *login) Claim(name string) string {
	e, _ := l.Report.Claim(name)
	s, _ := e.Text()
	return s
}

func (l *login) sub() string { return l.Claim(contract.Sub) }

// isOf reports whether a login is of the member with an ID, or with an
// external ID, also when it was refused.
func (l *login) isOf(id string) bool {
	return slices.Contains([]string{l.After.ID, l.After.ExternalID, l.sub(), l.BySub.clone().ID, l.ByEmail.clone().ID}, id)
}

func (l *login) texts() []string {
	texts := []string{
		strconv.Itoa(l.Number), l.After.Name, l.Claim(contract.Name), l.Claim(contract.Email), l.sub(),
		l.Landing.RedirectURI, l.Landing.Location, outcomes[l.Accepted],
	}
	for _, c := range l.Codes {
		texts = append(texts, string(c))
	}
	return texts
}
