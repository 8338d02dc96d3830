package ssotest

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// sso is /api/auth/sso, where partners send their members.
func (h *Handler) sso(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Referrer-Policy", "no-referrer")
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	select {
	case <-time.After(h.Settings().Delay):
	case <-r.Context().Done():
		return // the visitor has left
	}
	token := r.URL.Query().Get(contract.JWT)
	l := h.login(scheme+r.Host+r.URL.EscapedPath()+"?"+r.URL.RawQuery, token)
	switch {
	case l.Err == nil:
		h.startSession(w, r, l.After.ID)
		redirect(w, l.Landing.Location)
	case h.Settings().RetryRefusedLogins:
		redirect(w, contract.LoginPath+"?from="+queryEscape(l.Report.URL.Location))
	default:
		data := loginPage{Misread: h.misread(token, l.Report)}
		h.show(w, r, view{Page: "refused", Title: "Login refused", Status: l.Status, Attempt: &l, Data: data})
	}
}

func (h *Handler) authLogin(w http.ResponseWriter, r *http.Request) {
	s := h.Settings()
	to := withReferrer(s.AuthorizationURL, whereFrom(r))
	if to != "" && !s.OtherLoginMethods {
		redirect(w, to)
		return
	}
	h.show(w, r, view{Page: "signin", Title: "Log in", To: to})
}

func (h *Handler) signUp(w http.ResponseWriter, r *http.Request) {
	if to := withReferrer(h.Settings().SignUpURL, whereFrom(r)); to != "" {
		redirect(w, to)
		return
	}
	h.show(w, r, view{Page: "signup", Title: "Sign up"})
}

// logout ends the community's own session before the partner's. It takes GET
// too, as real communities do.
func (h *Handler) logout(w http.ResponseWriter, r *http.Request) {
	h.endSession(w, r)
	redirect(w, cmp.Or(h.Settings().LogoutURL, "/"))
}

// direct is the plain login form, the way in when JWT SSO does not work.
func (h *Handler) direct(w http.ResponseWriter, r *http.Request) {
	v := view{Page: "direct", Title: "Direct login", Data: h.Members()}
	if r.Method == http.MethodPost {
		h.mu.Lock()
		m := h.members.byEmail[strings.ToLower(r.PostFormValue("email"))].clone()
		h.mu.Unlock()
		if m.ID != "" {
			h.startSession(w, r, m.ID)
			redirect(w, "/")
			return
		}
		v.Status, v.Problem = http.StatusUnprocessableEntity, "No member has this email."
	}
	h.show(w, r, v)
}

func (h *Handler) account(w http.ResponseWriter, r *http.Request) {
	me := h.visitor(r)
	if me == nil {
		redirect(w, contract.LoginPath+"?from="+queryEscape("/settings"))
		return
	}
	v := view{Page: "settings", Title: "Account settings"}
	if r.Method == http.MethodPost {
		err := h.changeEmail(me.ID, r.PostFormValue("email"))
		if err == nil {
			redirect(w, "/settings")
			return
		}
		v.Status, v.Problem = http.StatusUnprocessableEntity, err.Error()
	}
	h.show(w, r, v)
}

// changeEmail is possible only while no Account Settings URL takes its place.
func (h *Handler) changeEmail(memberID, email string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	m := h.members.byID[memberID]
	switch other := h.members.byEmail[strings.ToLower(email)]; {
	case h.settings.AccountSettingsURL != "":
		return errors.New("the email is changed at the partner's site")
	case !strings.Contains(email, "@"):
		return errors.New("this is no email address")
	case other != nil && other != m:
		return refusal(inspect.EmailTaken)
	}
	changed := m.clone()
	changed.Email = email
	h.members.put(changed)
	h.touch()
	return nil
}

// whereFrom is where the visitor was: the parameter from of our own buttons,
// else the page in Referer if it is one of ours, else home.
func whereFrom(r *http.Request) string {
	from := r.URL.Query().Get("from")
	if _, err := inspect.RedirectURI(from); err == nil {
		return from
	}
	if u, err := url.Parse(r.Referer()); err == nil && u.Host == r.Host {
		if _, err := inspect.RedirectURI(u.RequestURI()); err == nil {
			return u.RequestURI()
		}
	}
	return "/"
}

// withReferrer appends referrer_uri to a partner's address and keeps the
// query that it has.
func withReferrer(address, where string) string {
	u, err := url.Parse(address)
	if address == "" || err != nil {
		return ""
	}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += contract.ReferrerURI + "=" + queryEscape(where)
	return u.String()
}

func queryEscape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// redirect leaves the address alone, which http.Redirect does not: it cleans
// paths.
func redirect(w http.ResponseWriter, location string) {
	w.Header().Set("Location", location)
	w.WriteHeader(http.StatusFound)
}
