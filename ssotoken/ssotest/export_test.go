package ssotest

import "strings"

// Calls lists methods and paths of the JSON, such as "GET /_fake/members/".
func (h *Handler) Calls() (list []string) {
	for _, r := range h.calls() {
		for method := range strings.FieldsSeq(r.methods) {
			list = append(list, method+" "+r.path)
		}
	}
	return list
}
