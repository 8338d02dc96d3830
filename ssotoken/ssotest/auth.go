package ssotest

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// sso is /api/auth/sso, where partners send their members.
func (h *Handler) sso(w http.ResponseWriter, r *http.Request) answer {
	w.Header().Set("Referrer-Policy", "no-referrer")
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	h.mu.Lock()
	s, trouble := h.settings.clone(), h.next
	if h.next.Times--; h.next.Times <= 0 {
		h.next = Trouble{}
	}
	h.mu.Unlock()
	select {
	case <-time.After(cmp.Or(trouble.Delay, s.Delay)):
	case <-r.Context().Done():
		trouble.Drop = true // nobody waits for the answer
	}
	if trouble.Drop {
		if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
			io.WriteString(c, "dropped on purpose\n") // is no HTTP: what has no answer, browsers send again
			c.Close()
		}
		panic(http.ErrAbortHandler)
	}
	token := r.URL.Query().Get(contract.JWT)
	l := h.take(scheme+r.Host+h.folder+r.URL.EscapedPath()+"?"+r.URL.RawQuery, token, trouble.Refuse, false)
	switch {
	case l.Err == nil:
		h.setSession(w, r, l.After.ID)
		return location(l.Landing.Location)
	case s.RetryRefusedLogins || trouble.SendBack:
		return redirect(contract.LoginPath + "?from=" + queryEscape(l.Report.URL.Location))
	}
	return view{Page: "refused", Title: "Login refused", Status: l.Status, Login: l, Misread: h.misread(token, l.Report)}
}

func (h *Handler) authLogin(_ http.ResponseWriter, r *http.Request) answer {
	s := h.Settings()
	to := withReferrer(s.AuthorizationURL, h.whereFrom(r))
	loops := s.RefuseEverything && s.RetryRefusedLogins // a button would end it
	if to != "" && (loops || !s.OtherLoginMethods) {
		return redirect(to)
	}
	return view{Page: "signin", Title: "Log in", To: to}
}

func (h *Handler) signUp(_ http.ResponseWriter, r *http.Request) answer {
	if to := withReferrer(h.Settings().SignUpURL, h.whereFrom(r)); to != "" {
		return redirect(to)
	}
	return view{Page: "signup", Title: "Sign up"}
}

// logout ends the community's own session before the partner's. It takes GET
// too, as real communities do.
func (h *Handler) logout(w http.ResponseWriter, r *http.Request) answer {
	h.setSession(w, r, "")
	return redirect(cmp.Or(h.Settings().LogoutURL, "/"))
}

// direct is the plain login form, the way in when JWT SSO does not work.
func (h *Handler) direct(w http.ResponseWriter, r *http.Request) answer {
	members := h.Members()
	page := view{Page: "direct", Title: "Direct login", Data: members}
	if r.Method != http.MethodPost {
		return page
	}
	email := strings.ToLower(r.PostFormValue("email"))
	i := slices.IndexFunc(members, func(m Member) bool { return strings.ToLower(m.Email) == email })
	if i < 0 || members[i].Suspended {
		return page.refused("No member has this email, or the member is suspended.")
	}
	h.setSession(w, r, members[i].ID)
	return redirect("/")
}

func (h *Handler) account(_ http.ResponseWriter, r *http.Request) answer {
	me, page := h.visitor(r), view{Page: "settings", Title: "Account settings"}
	switch {
	case me == nil:
		return redirect(contract.LoginPath + "?from=" + queryEscape(h.folder+accountPath))
	case r.Method != http.MethodPost:
		return page
	}
	if err := h.changeEmail(me.ID, r.PostFormValue("email")); err != nil {
		return page.refused(err.Error())
	}
	return redirect(accountPath)
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
func (h *Handler) whereFrom(r *http.Request) string {
	from := r.URL.Query().Get("from")
	if _, err := inspect.RedirectURIUnder(h.folder, from); err == nil {
		return from
	}
	if u, err := url.Parse(r.Referer()); err == nil && u.Host == r.Host && strings.HasPrefix(u.Path+"/", h.folder+"/") {
		if _, err := inspect.RedirectURIUnder(h.folder, u.RequestURI()); err == nil {
			return u.RequestURI()
		}
	}
	return h.folder + "/"
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
