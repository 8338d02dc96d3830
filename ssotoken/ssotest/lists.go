package ssotest

import (
	"net/http"
	"slices"
	"strings"
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

func newListPage[T any](r *http.Request, all []T, size int, texts func(T) []string) listPage[T] {
	query := strings.TrimSpace(r.URL.Query().Get("q"))
	found := slices.DeleteFunc(slices.Clone(all), func(item T) bool { return !holds(query, texts(item)...) })
	items, p := paginate(r, found, size)
	return listPage[T]{items, p, query, len(all)}
}

// holds reports whether one of the texts holds the query, whatever the case.
func holds(query string, texts ...string) bool {
	query = strings.ToLower(query)
	return slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(strings.ToLower(s), query) })
}

func memberTexts(m Member) []string { return []string{m.Name, m.Email, m.ExternalID, m.ID} }

func (h *Handler) listMembers(w http.ResponseWriter, r *http.Request) {
	h.show(w, r, view{Page: "members", Title: "Members", Data: newListPage(r, h.Members(), membersPerPage, memberTexts)})
}

func (h *Handler) listSpaces(w http.ResponseWriter, r *http.Request) {
	spaces := newListPage(r, h.Settings().Spaces, spacesPerPage, func(s Space) []string { return []string{s.Name, s.ID, s.Slug} })
	h.show(w, r, view{Page: "spaces", Title: "Spaces", Data: spaces})
}

// A spacePage is a space, and who is in it.
type spacePage struct {
	Space
	Members listPage[Member]
}

// space is the page of a space. A community without any shows every address,
// so that a partner can be tried with addresses of its own.
func (h *Handler) space(w http.ResponseWriter, r *http.Request, slug string) {
	s := h.Settings()
	space, ok := s.spaceBySlug(slug)
	switch {
	case ok:
		in := slices.DeleteFunc(h.Members(), func(m Member) bool { return !slices.Contains(m.Spaces, space.ID) })
		h.show(w, r, view{Page: "space", Title: space.Name, Data: spacePage{space, newListPage(r, in, spacesPerPage, memberTexts)}})
	case len(s.Spaces) > 0 && !strings.Contains(slug, "/"):
		h.missing(w, r, "This community has no such space.")
	default:
		h.show(w, r, view{Page: "other", Title: "A page of the community"})
	}
}

// spaceList gives spaces with their titles. A space that the community does
// not have, or no longer, has none.
func (s Settings) spaceList(ids []string) []Space {
	list := make([]Space, len(ids))
	for i, id := range ids {
		if list[i], _ = s.space(id); list[i].ID == "" {
			list[i].ID = id
		}
	}
	return list
}
