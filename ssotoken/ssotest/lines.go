package ssotest

import (
	"strings"
)

// Spaces and custom fields are edited as lines of text, whose parts are
// separated by a bar.

func spaceLines(spaces []Space) string {
	var b strings.Builder
	for _, s := range spaces {
		b.WriteString(s.ID + " | " + oneLine(s.Name) + " | " + s.Slug + "\n")
	}
	return b.String()
}

// readSpaces takes ID, name and slug from each line. A name may hold a bar.
func readSpaces(text string) (spaces []Space) {
	for line := range strings.Lines(text) {
		parts := splitLine(line)
		if parts == nil {
			continue
		}
		s := Space{ID: parts[0]}
		switch n := len(parts); {
		case n == 2:
			s.Name = parts[1]
		case n > 2:
			s.Name, s.Slug = strings.Join(parts[1:n-1], " | "), parts[n-1]
		}
		spaces = append(spaces, s)
	}
	return spaces
}

func fieldLines(fields []CustomField) string {
	var b strings.Builder
	for _, f := range fields {
		b.WriteString(oneLine(f.Name) + " | " + string(f.Type) + " | " + strings.Join(f.ExternalKeys, ", ") + "\n")
	}
	return b.String()
}

// readFields takes name, type and external keys from each line.
func readFields(text string) (fields []CustomField) {
	for line := range strings.Lines(text) {
		parts := splitLine(line)
		if parts == nil {
			continue
		}
		f := CustomField{Name: parts[0]}
		if n := len(parts); n > 2 {
			f.Name, f.Type = strings.Join(parts[:n-2], " | "), FieldType(parts[n-2])
			for key := range strings.SplitSeq(parts[n-1], ",") {
				if key = strings.TrimSpace(key); key != "" {
					f.ExternalKeys = append(f.ExternalKeys, key)
				}
			}
		} else if n == 2 {
			f.Type = FieldType(parts[1])
		}
		fields = append(fields, f)
	}
	return fields
}

// splitLine gives the parts of a line, or nil for one that is blank.
func splitLine(line string) []string {
	if strings.TrimSpace(line) == "" {
		return nil
	}
	parts := strings.Split(line, "|")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
