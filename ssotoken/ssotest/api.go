package ssotest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

const maxBody = 1 << 20

// A call is a request for JSON, whose body is read.
type call func(r *http.Request, body []byte) reply

type reply struct {
	status int
	value  any
}

func failure(status int, why string) reply { return reply{status, problem{Error: why}} }

// api returns the handler of a call. Pages of other origins, and forms, can't make it.
func (h *Handler) api(c call) handler {
	return func(w http.ResponseWriter, r *http.Request) answer {
		w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
		reads := r.Method == http.MethodGet || r.Method == http.MethodHead
		mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		switch {
		case h.isOfAnotherSite(r):
			return failure(http.StatusForbidden, "a page of another origin sent this request")
		case !reads && mediaType != "application/json":
			return failure(http.StatusUnsupportedMediaType, "the request needs Content-Type: application/json")
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			return failure(http.StatusRequestEntityTooLarge, "the body is over 1 MiB, or ended early")
		}
		return c(r, body)
	}
}

func (a reply) write(_ *Handler, w http.ResponseWriter, _ *http.Request) {
	body, err := encode(a.value)
	var indented bytes.Buffer
	if err != nil || json.Indent(&indented, body, "", "  ") != nil {
		http.Error(w, "The fake community could not write this as JSON.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(a.status)
	w.Write(indented.Bytes())
}

func getReady(*http.Request, []byte) reply {
	return reply{http.StatusOK, map[string]bool{"ready": true}}
}

// shownSettings are the settings with what they tell of the key.
type shownSettings struct {
	Settings
	KeyFingerprint string `json:"keyFingerprint"`
}

func (h *Handler) getSettings(*http.Request, []byte) reply {
	s := h.Settings()
	return reply{http.StatusOK, shownSettings{s, s.Key.Fingerprint()}}
}

func (h *Handler) patchSettings(r *http.Request, body []byte) reply {
	var unread error
	err := h.Configure(func(now *Settings) { // which no other change comes into
		s := *now
		if unread = s.readJSON(body); unread == nil {
			*now = s
		}
	})
	switch {
	case unread != nil:
		return failure(http.StatusBadRequest, jsonProblem(unread))
	case err != nil:
		return fieldProblems(err)
	}
	return h.getSettings(r, nil)
}

func (h *Handler) getMembers(*http.Request, []byte) reply {
	return reply{http.StatusOK, map[string][]Member{"members": h.Members()}}
}

func (h *Handler) getMember(r *http.Request, _ []byte) reply {
	if m, ok := h.Member(r.PathValue("of")); ok {
		return reply{http.StatusOK, m}
	}
	return failure(http.StatusNotFound, "no member has this external ID")
}

// getLogins returns the logins that are kept; with ?after=N, those with a higher
// number. With &wait=10s it answers as soon as there is one, and else after that time.
func (h *Handler) getLogins(r *http.Request, _ []byte) reply {
	query := r.URL.Query()
	after, err := strconv.Atoi(cmp.Or(query.Get("after"), "0"))
	if err != nil {
		return failure(http.StatusBadRequest, "after is the number of a login")
	}
	wait, err := time.ParseDuration(cmp.Or(query.Get("wait"), "0s"))
	if err != nil || wait < 0 || wait > maxDelay {
		return failure(http.StatusBadRequest, "wait is a duration such as 10s, a minute at most")
	}
	ctx, cancel := context.WithTimeout(r.Context(), wait)
	defer cancel()
	for {
		h.mu.Lock()
		count, logins, arrived := h.count, append([]*login{}, h.logins...), h.arrived
		h.mu.Unlock()
		logins = slices.DeleteFunc(logins, func(l *login) bool { return l.Number <= after })
		if len(logins) > 0 || ctx.Err() != nil {
			return reply{http.StatusOK, map[string]any{"count": count, "logins": logins}}
		}
		select {
		case <-arrived:
		case <-ctx.Done():
		}
	}
}

func (h *Handler) getLogin(r *http.Request, _ []byte) reply {
	_, logins := h.kept()
	if i := indexOf(logins, r.PathValue("of")); i >= 0 {
		return reply{http.StatusOK, logins[i]}
	}
	return failure(http.StatusNotFound, noLogin)
}

// postReset puts the members back to those of [Config], or to those that the body
// has, forgets all logins, sessions and the trouble of the next logins, and puts the
// clock back to where [Config] had it. The other settings stay.
func (h *Handler) postReset(r *http.Request, body []byte) reply {
	var asked struct {
		Members []Member `json:"members"`
	}
	if len(body) > 0 {
		if err := decode(body, &asked); err != nil {
			return failure(http.StatusBadRequest, jsonProblem(err))
		}
	}
	if asked.Members == nil {
		asked.Members = h.seed
	}
	members, errs := newMembers(asked.Members)
	if err := refused(errs); err != nil {
		return fieldProblems(err)
	}
	h.mu.Lock()
	h.members, h.sessions, h.seen, h.count, h.logins = members, nil, nil, 0, nil
	h.next, h.settings.ClockSkew = Trouble{}, h.startSkew
	h.touch()
	h.mu.Unlock()
	return h.getMembers(r, nil)
}

type problem struct {
	Error  string         `json:"error"`
	Fields []fieldProblem `json:"fields,omitempty"`
}

type fieldProblem struct {
	Field   string        `json:"field"`
	Code    contract.Code `json:"code"`
	Message string        `json:"message"`
}

// fieldProblems says what is wrong with each setting or member, by its name in
// the JSON.
func fieldProblems(err error) reply {
	p := problem{Error: "settings refused"}
	var config *ssotoken.ConfigError
	if errors.As(err, &config) {
		for _, f := range config.Fields {
			p.Fields = append(p.Fields, fieldProblem{jsonName(f.Field), ssotoken.CodeOf(f), f.Err.Error()})
		}
	}
	return reply{http.StatusUnprocessableEntity, p}
}
