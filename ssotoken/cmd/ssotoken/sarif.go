package main

import (
	"fmt"
	"io"
	"runtime/debug"
	"slices"

	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// The types are what doctor needs of SARIF 2.1.0, the OASIS standard. Required
// are version and runs; tool, driver and its name; the text of a message; the id
// of a rule; executionSuccessful.
type (
	sarifLog struct {
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		Results     []sarifResult     `json:"results"` // null would mean that nothing was looked at
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules,omitempty"`
	}
	sarifRule struct {
		ID               string    `json:"id"`
		ShortDescription sarifText `json:"shortDescription"`
		Help             sarifText `json:"help"`
	}
	sarifInvocation struct {
		ExecutionSuccessful bool                `json:"executionSuccessful"`
		Notifications       []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level   string    `json:"level"`
		Message sarifText `json:"message"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifLocation struct {
		LogicalLocations []sarifLogicalLocation `json:"logicalLocations"`
	}
	sarifLogicalLocation struct {
		Name string `json:"name"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
)

var sarifLevels = map[contract.Verdict]string{contract.Fail: "error", contract.Warn: "warning", contract.Info: "note"}

// writeSARIF gives a result a finding, located by its check: doctor sees
// answers, no file. A check that was skipped or is unknown is a notification.
func writeSARIF(w io.Writer, build *debug.BuildInfo, r *doctor.Diagnosis) error {
	driver, invocation, results := sarifDriver{Name: "ssotoken doctor", Version: build.Main.Version}, sarifInvocation{ExecutionSuccessful: r.Complete}, []sarifResult{}
	for _, f := range r.Findings {
		id := string(f.Code)
		at := slices.IndexFunc(driver.Rules, func(rule sarifRule) bool { return rule.ID == id })
		if at < 0 {
			at = len(driver.Rules)
			driver.Rules = append(driver.Rules, sarifRule{id, sarifText{f.Sentence}, sarifText{f.Fix}})
		}
		where := sarifLocation{[]sarifLogicalLocation{{f.Check}}}
		results = append(results, sarifResult{id, at, sarifLevels[f.Verdict], sarifText{f.Message + " " + f.Fix}, []sarifLocation{where}})
	}
	for _, c := range r.Checks {
		level := map[doctor.State]string{doctor.Skipped: "note", doctor.Unknown: "error"}[c.State]
		if level != "" {
			invocation.Notifications = append(invocation.Notifications, sarifNotification{level, sarifText{fmt.Sprintf("%s: %s: %s", c.Check, c.State, c.Note)}})
		}
	}
	return writeJSON(w, sarifLog{"2.1.0", []sarifRun{{sarifTool{driver}, []sarifInvocation{invocation}, results}}})
}
