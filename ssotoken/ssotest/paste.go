package ssotest

import (
	"errors"
	"net/http"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// A pasted is a token or a login URL from the box, and what the judge says.
type pasted struct {
	Text    string
	Report  *inspect.Report // nil until something was pasted
	Undone  []string        // what was around it, or had been done to it
	Misread string
}

// maxPasted leaves room for a token at its limit in a URL that escapes it.
const maxPasted = 4 * contract.MaxToken

// paste judges what is put into its box, and keeps nothing of it.
func (h *Handler) paste(w http.ResponseWriter, r *http.Request) {
	v := view{Page: "paste", Title: "Inspect a token"}
	if r.Method != http.MethodPost {
		v.Data = pasted{}
		h.show(w, r, v)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxPasted)
	var tooLarge *http.MaxBytesError
	if err := r.ParseForm(); errors.As(err, &tooLarge) {
		v.Status, v.Problem, v.Data = http.StatusRequestEntityTooLarge, "That is too long for a token or a login URL.", pasted{}
		h.show(w, r, v)
		return
	}
	p := pasted{Text: r.PostForm.Get("login")}
	found, ok := inspect.Find([]byte(p.Text))
	if !ok {
		v.Status, v.Problem, v.Data = http.StatusUnprocessableEntity, "Paste a token or a login URL: there is none in this.", p
		h.show(w, r, v)
		return
	}
	s := h.Settings()
	p.Report, p.Undone = found.Judge(inspect.Options{Key: s.Key, Now: h.now().Add(s.ClockSkew), DevelopmentHTTP: h.allowRemote}), found.Undone
	p.Misread = h.misread(found.Token(), p.Report)
	v.Data = p
	h.show(w, r, v)
}
