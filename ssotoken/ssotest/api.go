package ssotest

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

const maxBody = 1 << 20

// api answers what is asked for as JSON, and reports whether it is its own.
func (h *Handler) api(w http.ResponseWriter, r *http.Request, resource string) bool {
	name, of, _ := strings.Cut(resource, "/")
	answers := map[string]func(http.ResponseWriter, *http.Request, string){}
	switch {
	case resource == "settings":
		answers[http.MethodGet], answers[http.MethodPatch] = h.getSettings, h.patchSettings
	case resource == "members":
		answers[http.MethodGet] = h.getMembers
	case resource == "logins":
		answers[http.MethodGet] = h.getLogins
	case resource == "reset":
		answers[http.MethodPost] = h.postReset
	case name == "members" && of != "":
		answers[http.MethodGet] = h.getMember
	case name == "logins" && of != "":
		answers[http.MethodGet] = h.getLogin
	default:
		return false
	}
	w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	answer := answers[method]
	switch {
	case isOfAnotherSite(r):
		refuse(w, http.StatusForbidden, "a page of another origin sent this request")
	case answer == nil:
		for m := range answers {
			w.Header().Add("Allow", m)
		}
		refuse(w, http.StatusMethodNotAllowed, "this address does not take the method")
	case method != http.MethodGet && !isJSON(r):
		refuse(w, http.StatusUnsupportedMediaType, "the request needs Content-Type: application/json")
	default:
		answer(w, r, of)
	}
	return true
}

// isJSON is false for whatever a form of a page can send.
func isJSON(r *http.Request) bool {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && mediaType == "application/json"
}

// shownSettings are the settings with what they tell of the key.
type shownSettings struct {
	Settings
	KeyFingerprint string `json:"keyFingerprint"`
}

func (h *Handler) getSettings(w http.ResponseWriter, _ *http.Request, _ string) {
	s := h.Settings()
	s.Spaces, s.CustomFields = listOf(s.Spaces), listOf(s.CustomFields)
	for i := range s.CustomFields {
		s.CustomFields[i].ExternalKeys = listOf(s.CustomFields[i].ExternalKeys)
	}
	respond(w, http.StatusOK, shownSettings{s, s.Key.Fingerprint()})
}

// patchSettings changes the settings that the body names.
func (h *Handler) patchSettings(w http.ResponseWriter, r *http.Request, _ string) {
	body, ok := readBody(w, r)
	if !ok {
		return
	}
	var malformed error
	err := h.Configure(func(s *Settings) {
		malformed = s.readJSON(body)
	})
	switch {
	case malformed != nil:
		refuse(w, http.StatusBadRequest, jsonProblem(malformed))
	case err != nil:
		refuseFields(w, err)
	default:
		h.getSettings(w, r, "")
	}
}

func (h *Handler) getMembers(w http.ResponseWriter, _ *http.Request, _ string) {
	respond(w, http.StatusOK, map[string][]Member{"members": listOf(h.Members())})
}

func (h *Handler) getMember(w http.ResponseWriter, _ *http.Request, externalID string) {
	m, ok := h.Member(externalID)
	if !ok {
		refuse(w, http.StatusNotFound, "no member has this external ID")
		return
	}
	respond(w, http.StatusOK, m)
}

// getLogins gives the logins that are kept; with ?after=N, those with a higher
// number.
func (h *Handler) getLogins(w http.ResponseWriter, r *http.Request, _ string) {
	after := 0
	if given := r.URL.Query().Get("after"); given != "" {
		var err error
		if after, err = strconv.Atoi(given); err != nil {
			refuse(w, http.StatusBadRequest, "after is the number of a login")
			return
		}
	}
	h.mu.Lock()
	count, logins := h.count, slices.Clone(h.attempts)
	h.mu.Unlock()
	logins = slices.DeleteFunc(logins, func(a Attempt) bool { return a.Number <= after })
	respond(w, http.StatusOK, struct {
		Count  int       `json:"count"`
		Logins []Attempt `json:"logins"`
	}{count, listOf(logins)})
}

func (h *Handler) getLogin(w http.ResponseWriter, _ *http.Request, number string) {
	for _, a := range h.Attempts() {
		if strconv.Itoa(a.Number) == number {
			respond(w, http.StatusOK, a)
			return
		}
	}
	refuse(w, http.StatusNotFound, "there is no such login; the last "+strconv.Itoa(maxLogins)+" are kept")
}

// postReset takes members in place of those from the start.
func (h *Handler) postReset(w http.ResponseWriter, r *http.Request, _ string) {
	body, ok := readBody(w, r)
	if !ok {
		return
	}
	asked := struct {
		Members *[]Member `json:"members"`
	}{}
	if len(body) > 0 {
		if err := decode(body, &asked); err != nil {
			refuse(w, http.StatusBadRequest, jsonProblem(err))
			return
		}
	}
	members := h.seed
	if asked.Members != nil {
		members = *asked.Members
	}
	if err := h.reset(members); err != nil {
		refuseFields(w, err)
		return
	}
	h.getMembers(w, r, "")
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, "the body is over 1 MiB, or ended early")
		return nil, false
	}
	return body, true
}

func respond(w http.ResponseWriter, status int, v any) {
	body, err := encodeIndented(v)
	if err != nil {
		http.Error(w, "The fake community could not write this as JSON.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(body)
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

func refuse(w http.ResponseWriter, status int, why string) { respond(w, status, problem{Error: why}) }

// refuseFields says what is wrong with each setting or member, by its name in
// the JSON.
func refuseFields(w http.ResponseWriter, err error) {
	p := problem{Error: contract.Reason(contract.SettingsRefused).Error()}
	var config *ssotoken.ConfigError
	if errors.As(err, &config) {
		for _, f := range config.Fields {
			p.Fields = append(p.Fields, fieldProblem{jsonName(f.Field), ssotoken.CodeOf(f), f.Err.Error()})
		}
	}
	respond(w, http.StatusUnprocessableEntity, p)
}
