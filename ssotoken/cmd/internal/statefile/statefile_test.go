package statefile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/bettermode-go/sso/ssotoken/cmd/internal/statefile"
)

func open(t *testing.T, path string) (*statefile.File, []byte) {
	t.Helper()
	f, data, err := statefile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f, data
}

func TestWhatWasWrittenIsReadAgainAndOnlyTheOwnerCanRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	f, data := open(t, path)
	if data != nil {
		t.Errorf("a file that is not there has %q", data)
	}
	for _, text := range []string{"one", "", "three"} {
		if err := f.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); string(got) != text || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", info.Mode(), err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, data := open(t, path); string(data) != "three" {
		t.Errorf("got %q", data)
	}
}

func TestAnEmptyFileIsNotNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, data := open(t, path); data == nil {
		t.Error("an empty file is taken for none")
	}
}

func TestOneProcessHasTheFileByWhateverName(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "state.json"), filepath.Join(dir, "link.json")
	f, _ := open(t, path)
	if err := f.Write([]byte("one")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, link} {
		if _, _, err := statefile.Open(name); !errors.Is(err, statefile.ErrLocked) {
			t.Errorf("%s: got %v, want %v", filepath.Base(name), err, statefile.ErrLocked)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	byLink, data := open(t, link)
	if string(data) != "one" {
		t.Errorf("got %q", data)
	}
	if err := byLink.Write([]byte("two")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Error("the link was replaced")
	}
}

func TestWhatAnEarlierProcessLeftIsNoHindrance(t *testing.T) {
	dir := t.TempDir()
	path, temp := filepath.Join(dir, "state.json"), filepath.Join(dir, ".state.json.tmp")
	for _, rest := range []string{temp, path + ".lock"} {
		if err := os.WriteFile(rest, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, _ := open(t, path)
	if err := f.Write([]byte("whole")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(temp); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the temporary file is still there: %v", err)
	}
}

func TestWhatCanBeNoStateFileIsAnError(t *testing.T) {
	dir := t.TempDir()
	if _, _, err := statefile.Open(dir); err == nil {
		t.Error("a folder was taken")
	}
	if _, _, err := statefile.Open(filepath.Join(dir, "none", "state.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// A file that the link names would be made, and locked.
func TestTheLockFollowsNoLink(t *testing.T) {
	dir := t.TempDir()
	path, elsewhere := filepath.Join(dir, "state"), filepath.Join(dir, "elsewhere")
	if err := os.Symlink(elsewhere, path+".lock"); err != nil {
		t.Skip("no links:", err)
	}
	if _, _, err := statefile.Open(path); err == nil || errors.Is(err, statefile.ErrLocked) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Lstat(elsewhere); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the file that the link names was made")
	}
}
