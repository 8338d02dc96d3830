package ssotest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

const maxBody = 1 << 20

type calls map[string]func(r *http.Request, body []byte) (status int, answer any)

func (h *Handler) api(calls calls) page {
	return page{serve: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		answer := calls[method]
		switch {
		case h.isOfAnotherSite(r):
			respond(w, http.StatusForbidden, problem{Error: "a page of another origin sent this request"})
		case answer == nil:
			w.Header()["Allow"] = slices.Sorted(maps.Keys(calls))
			respond(w, http.StatusMethodNotAllowed, problem{Error: "this address does not take the method"})
		case method != http.MethodGet && mediaType != "application/json": // which no form of a page can send
			respond(w, http.StatusUnsupportedMediaType, problem{Error: "the request needs Content-Type: application/json"})
		default:
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
			if err != nil {
				respond(w, http.StatusRequestEntityTooLarge, problem{Error: "the body is over 1 MiB, or ended early"})
				return
			}
			status, v := answer(r, body)
			respond(w, status, v)
		}
	}}
}

func getReady(*http.Request, []byte) (int, any) { return http.StatusOK, map[string]bool{"ready": true} }

// shownSettings are the settings with what they tell of the key.
type shownSettings struct {
	Settings
	KeyFingerprint string `json:"keyFingerprint"`
}

func (h *Handler) getSettings(*http.Request, []byte) (int, any) {
	s := h.Settings()
	s.Spaces, s.CustomFields = listOf(s.Spaces), listOf(s.CustomFields)
	for i := range s.CustomFields {
		s.CustomFields[i].ExternalKeys = listOf(s.CustomFields[i].ExternalKeys)
	}
	return http.StatusOK, shownSettings{s, s.Key.Fingerprint()}
}

func (h *Handler) patchSettings(r *http.Request, body []byte) (int, any) {
	var unread error
	err := h.Configure(func(s *Settings) { unread = s.readJSON(body) })
	if unread != nil {
		return http.StatusBadRequest, problem{Error: jsonProblem(unread)}
	}
	if err != nil {
		return http.StatusUnprocessableEntity, fieldProblems(err)
	}
	return h.getSettings(r, nil)
}

func (h *Handler) getMembers(*http.Request, []byte) (int, any) {
	return http.StatusOK, map[string][]Member{"members": listOf(h.Members())}
}

func (h *Handler) getMember(r *http.Request, _ []byte) (int, any) {
	if m, ok := h.Member(r.PathValue("of")); ok {
		return http.StatusOK, m
	}
	return http.StatusNotFound, problem{Error: "no member has this external ID"}
}

// getLogins returns the logins that are kept; with ?after=N, those with a higher
// number.
func (h *Handler) getLogins(r *http.Request, _ []byte) (int, any) {
	after := 0
	if given := r.URL.Query().Get("after"); given != "" {
		var err error
		if after, err = strconv.Atoi(given); err != nil {
			return http.StatusBadRequest, problem{Error: "after is the number of a login"}
		}
	}
	h.mu.Lock()
	count, logins := h.count, slices.Clone(h.attempts)
	h.mu.Unlock()
	logins = slices.DeleteFunc(logins, func(a Attempt) bool { return a.Number <= after })
	return http.StatusOK, struct {
		Count  int       `json:"count"`
		Logins []Attempt `json:"logins"`
	}{count, listOf(logins)}
}

func (h *Handler) getLogin(r *http.Request, _ []byte) (int, any) {
	for _, a := range h.Attempts() {
		if strconv.Itoa(a.Number) == r.PathValue("of") {
			return http.StatusOK, a
		}
	}
	return http.StatusNotFound, problem{Error: "there is no such login; the last " + strconv.Itoa(maxLogins) + " are kept"}
}

func (h *Handler) postReset(r *http.Request, body []byte) (int, any) {
	var asked struct {
		Members *[]Member `json:"members"`
	}
	if len(body) > 0 {
		if err := decode(body, &asked); err != nil {
			return http.StatusBadRequest, problem{Error: jsonProblem(err)}
		}
	}
	members := h.seed
	if asked.Members != nil {
		members = *asked.Members
	}
	if err := h.reset(members); err != nil {
		return http.StatusUnprocessableEntity, fieldProblems(err)
	}
	return h.getMembers(r, nil)
}

func respond(w http.ResponseWriter, status int, v any) {
	body, err := encode(v)
	var indented bytes.Buffer
	if err != nil || json.Indent(&indented, body, "", "  ") != nil {
		http.Error(w, "The fake community could not write this as JSON.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(indented.Bytes())
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
func fieldProblems(err error) problem {
	p := problem{Error: contract.Reason(contract.SettingsRefused).Error()}
	var config *ssotoken.ConfigError
	if errors.As(err, &config) {
		for _, f := range config.Fields {
			p.Fields = append(p.Fields, fieldProblem{jsonName(f.Field), ssotoken.CodeOf(f), f.Err.Error()})
		}
	}
	return p
}
