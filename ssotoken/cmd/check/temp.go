package check

import (
	"fmt"
	"os"
)

// A tempFile is made when it is first written to. It holds personal data: only
// its owner can read it, and where the system allows it has no name.
type tempFile struct {
	dir  string
	file *os.File
	size int64
	name string // where it could not be removed while open
}

// append writes p at the end, and gives where it stands.
func (t *tempFile) append(p []byte) (at int64, err error) {
	if t.file == nil {
		t.file, err = os.CreateTemp(t.dir, "ssotoken-check-*")
		if err != nil {
			return 0, fmt.Errorf("temporary file: %w", err)
		}
		if os.Remove(t.file.Name()) != nil {
			t.name = t.file.Name()
		}
	}
	at = t.size
	if _, err := t.file.WriteAt(p, at); err != nil {
		return 0, fmt.Errorf("temporary file: %w", err)
	}
	t.size += int64(len(p))
	return at, nil
}

func (t *tempFile) readAt(p []byte, at int64) error {
	if _, err := t.file.ReadAt(p, at); err != nil {
		return fmt.Errorf("temporary file: %w", err)
	}
	return nil
}

func (t *tempFile) close() error {
	if t.file == nil {
		return nil
	}
	err := t.file.Close()
	if t.name != "" {
		err = os.Remove(t.name)
	}
	t.file = nil
	return err
}
