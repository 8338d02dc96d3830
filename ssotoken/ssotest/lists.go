package ssotest

import (
	"cmp"
	"maps"
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
	Items []T
	Pager pager
	Query string
	All   int // before the search
}

// A pager says which part of a list a page shows, with links to the others.
type pager struct {
	Page, Pages, Total int
	From, To           int    // of the items shown, from 1
	Prev, Next         string // addresses; empty where there is none
}

// newListPage searches a list in the texts of its items, whatever the case, and
// cuts the page out that the request asks for, or the nearest one.
func newListPage[T any](r *http.Request, all []T, size int, texts func(T) []string) listPage[T] {
	query := r.URL.Query()
	searched := strings.TrimSpace(query.Get("q"))
	found := slices.DeleteFunc(slices.Clone(all), func(item T) bool {
		return !strings.Contains(strings.ToLower(strings.Join(texts(item), "\n")), strings.ToLower(searched))
	})
	pages := max(1, (len(found)+size-1)/size)
	n, _ := strconv.Atoi(query.Get("page"))
	n = min(max(n, 1), pages)
	from, to := (n-1)*size, min(n*size, len(found))
	address := func(n int) string {
		if n < 1 || n > pages {
			return ""
		}
		query.Set("page", strconv.Itoa(n))
		return r.URL.EscapedPath() + "?" + query.Encode()
	}
	p := pager{n, pages, len(found), from + 1, to, address(n - 1), address(n + 1)}
	return listPage[T]{found[from:to], p, searched, len(all)}
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

// A spacePage is a space, and who is in it.
type spacePage struct {
	Space
	Members listPage[Member]
}

// space is the page of a space. A community without any shows every address,
// so that a partner can be tried with its own addresses.
func (h *Handler) space(w http.ResponseWriter, r *http.Request, slug string) {
	s := h.Settings()
	space, ok := s.space(func(sp Space) bool { return sp.Slug == slug })
	switch {
	case ok:
		in := slices.DeleteFunc(h.Members(), func(m Member) bool { return !slices.Contains(m.Spaces, space.ID) })
		list := newListPage(r, in, spacesPerPage, memberTexts)
		h.show(w, r, view{Page: "space", Title: space.Name, Data: spacePage{space, list}})
	case len(s.Spaces) > 0 && !strings.Contains(slug, "/"):
		h.missing(w, r, "This community has no such space.")
	default:
		h.show(w, r, view{Page: "other", Title: "A page of the community"})
	}
}

// spaceList finds spaces with their names. One that the community does not have,
// or no longer, has none.
func (s Settings) spaceList(ids []string) []Space {
	list := make([]Space, len(ids))
	for i, id := range ids {
		list[i], _ = s.space(func(sp Space) bool { return sp.ID == id })
		list[i].ID = id
	}
	return list
}

// A memberPage is a member, and its logins among those that are kept.
type memberPage struct {
	Member
	Logins []Attempt // the latest first
}

// oneMember is the page of a member. Its forms do what an administrator of a
// real community can: remove the external ID, or remove the member.
func (h *Handler) oneMember(w http.ResponseWriter, r *http.Request, id string) {
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
			maps.DeleteFunc(h.sessions.value, func(_ digest, of string) bool { return of == id })
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
	h.show(w, r, view{Page: "member", Title: m.Name, Data: memberPage{m, logins}})
}

// loginsLatestFirst are the logins of a kind.
func (h *Handler) loginsLatestFirst(is func(Attempt) bool) []Attempt {
	list := slices.DeleteFunc(h.Attempts(), func(l Attempt) bool { return !is(l) })
	slices.Reverse(list)
	return list
}

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
	all, query := h.Attempts(), r.URL.Query()
	p := loginsPage{Outcome: query.Get("outcome"), Member: query.Get("member"), Code: query.Get("code"), Kept: maxLogins}
	members, codes := map[string]string{p.Member: start(p.Member)}, map[string]string{}
	for _, l := range all {
		if sub := l.sub(); sub != "" {
			members[sub] = start(cmp.Or(l.After.Name, text(l.Report, contract.Name), "no name")) + " (" + start(sub) + ")"
		}
		for _, c := range l.codes() {
			codes[string(c)] = string(c)
		}
	}
	p.Members, p.Codes = choices(members, p.Member), choices(codes, p.Code)
	chosen := h.loginsLatestFirst(func(l Attempt) bool {
		return (p.Outcome == "" || (p.Outcome == "accepted") == (l.Err == nil)) &&
			(p.Member == "" || l.isOf(p.Member)) && (p.Code == "" || slices.Contains(l.codes(), contract.Code(p.Code)))
	})
	p.listPage = newListPage(r, chosen, loginsPerPage, Attempt.texts)
	p.All = len(all)
	p.Filtered = p.Outcome != "" || p.Member != "" || p.Code != "" || p.Query != ""
	h.show(w, r, view{Page: "logins", Title: "Logins", Data: p})
}

// choices are the options of a select but the empty one, by their texts.
func choices(texts map[string]string, chosen string) (list []choice) {
	delete(texts, "")
	for value, text := range texts {
		list = append(list, choice{value, text, value == chosen})
	}
	lower := func(c choice) string { return strings.ToLower(c.Text) }
	slices.SortFunc(list, func(a, b choice) int { return strings.Compare(lower(a), lower(b)) })
	return list
}

// codes are the stable names of the rules that the login broke, or that were
// worth a note, each once.
func (l Attempt) codes() []contract.Code {
	var codes []contract.Code
	for _, f := range l.Report.Findings {
		codes = append(codes, f.Code)
	}
	codes = append(codes, l.RefusedFor()...)
	seen := map[contract.Code]bool{}
	return slices.DeleteFunc(codes, func(c contract.Code) bool {
		defer func() { seen[c] = true }()
		return seen[c]
	})
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
