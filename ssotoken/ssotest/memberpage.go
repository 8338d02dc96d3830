package ssotest

import (
	"maps"
	"net/http"
	"slices"
)

// A memberPage is a member, and its logins among those that are kept.
type memberPage struct {
	Member
	Logins []Attempt // the latest first
}

// oneMember is the page of a member. Its forms do what an administrator of a
// real community can: take the external ID away, and remove the member.
func (h *Handler) oneMember(w http.ResponseWriter, r *http.Request, id string) {
	h.mu.Lock()
	stored := h.members.byID[id]
	if stored == nil {
		h.mu.Unlock()
		h.missing(w, r, "This community has no such member.")
		return
	}
	m := stored.clone()
	do := ""
	if r.Method == http.MethodPost {
		do = r.PostFormValue("do")
	}
	switch do {
	case "unlink":
		m.ExternalID = ""
		h.members.put(m)
		h.touch()
	case "remove":
		h.members.remove(id)
		maps.DeleteFunc(h.sessions.value, func(_ digest, of string) bool { return of == id })
		h.touch()
	}
	h.mu.Unlock()
	switch {
	case do == "remove":
		redirect(w, membersPath)
	case r.Method == http.MethodPost:
		redirect(w, r.URL.EscapedPath())
	default:
		page := memberPage{Member: m}
		for _, l := range slices.Backward(h.Attempts()) {
			if l.isOf(m.ID) || m.ExternalID != "" && l.isOf(m.ExternalID) {
				page.Logins = append(page.Logins, l)
			}
		}
		h.show(w, r, view{Page: "member", Title: m.Name, Data: page})
	}
}
