// Command image makes the image of ssotoken from GoReleaser's binaries, for linux/amd64 and linux/arm64: the command,
// certificates and a folder for state. It needs no base image and no daemon, and makes the same bytes for the same
// binaries.
//
//	image DIST VERSION REVISION TIME
//
// DIST is GoReleaser's folder, in which it writes image/, a layout that crane pushes. TIME is the commit's, in seconds.
package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

const user = 65532 // nobody's on a usual machine

// A binary is an entry of dist/artifacts.json.
type binary struct{ Type, Goos, Goarch, Path string }

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: image DIST VERSION REVISION TIME")
		os.Exit(2)
	}
	if err := build(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func build(dist, version, revision, seconds string) error {
	unix, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return err
	}
	at := time.Unix(unix, 0).UTC()
	labels := map[string]string{}
	for name, value := range map[string]string{
		"title":         "ssotoken",
		"description":   "A fake Bettermode community to log in to by JWT SSO, and a command that checks a site's logins",
		"url":           "https://github.com/bettermode-go/sso",
		"source":        "https://github.com/bettermode-go/sso",
		"documentation": "https://github.com/bettermode-go/sso/tree/main/ssotoken/cmd/ssotoken",
		"licenses":      "MIT",
		"version":       strings.TrimPrefix(version, "v"),
		"revision":      revision,
		"created":       at.Format(time.RFC3339),
	} {
		labels["org.opencontainers.image."+name] = value
	}

	text, err := os.ReadFile(filepath.Join(dist, "artifacts.json"))
	if err != nil {
		return err
	}
	var artifacts []binary
	if err := json.Unmarshal(text, &artifacts); err != nil {
		return err
	}
	// GoReleaser lists them as they were ready.
	slices.SortFunc(artifacts, func(a, b binary) int { return strings.Compare(a.Goarch, b.Goarch) })
	index := mutate.IndexMediaType(empty.Index, types.DockerManifestList) // Podman takes no health check from OCI's
	for _, a := range artifacts {
		if a.Type != "Binary" || a.Goos != "linux" {
			continue
		}
		program, err := os.ReadFile(filepath.Join(filepath.Dir(dist), a.Path))
		if err != nil {
			return err
		}
		image, err := imageOf(program, v1.Platform{OS: a.Goos, Architecture: a.Goarch}, labels, at)
		if err != nil {
			return err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image,
			Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: a.Goos, Architecture: a.Goarch}}})
	}
	_, err = layout.Write(filepath.Join(dist, "image"), index)
	return err
}

func imageOf(program []byte, platform v1.Platform, labels map[string]string, at time.Time) (v1.Image, error) {
	root, err := files(program, at)
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(root)), nil })
	if err != nil {
		return nil, err
	}
	created := v1.History{Created: v1.Time{Time: at}, CreatedBy: "image"}
	image, err := mutate.Append(empty.Image, mutate.Addendum{Layer: layer, History: created})
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config.OS, config.Architecture, config.Created = platform.OS, platform.Architecture, v1.Time{Time: at}
	config.Config = v1.Config{
		User:         fmt.Sprintf("%d:%d", user, user),
		Entrypoint:   []string{"/ssotoken"},
		Cmd:          []string{"community"},
		Env:          []string{"SSOTOKEN_LISTEN=:8090", "SSOTOKEN_ALLOW_REMOTE=true"}, // nobody reaches a container's loopback
		Healthcheck:  &v1.HealthConfig{Test: []string{"CMD", "/ssotoken", "ready"}, Interval: 10 * time.Second, Timeout: 5 * time.Second},
		ExposedPorts: map[string]struct{}{"8090/tcp": {}},
		Labels:       labels,
	}
	return mutate.ConfigFile(image, config)
}

// files is the root of the image as a tar.
func files(program []byte, at time.Time) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	var errs []error
	for _, f := range []struct {
		name  string
		mode  int64
		owner int
		text  []byte
	}{
		{"etc/", 0o755, 0, nil},
		{"etc/ssl/", 0o755, 0, nil},
		{"etc/ssl/certs/", 0o755, 0, nil},
		{"etc/ssl/certs/ca-certificates.crt", 0o644, 0, certificates()},
		{"ssotoken", 0o755, 0, program},
		{"state/", 0o755, user, nil}, // for --state /state/community.json, on a volume
	} {
		kind := byte(tar.TypeReg)
		if strings.HasSuffix(f.name, "/") {
			kind = tar.TypeDir
		}
		errs = append(errs, w.WriteHeader(&tar.Header{Typeflag: kind, Name: f.name, Mode: f.mode, Uid: f.owner, Gid: f.owner,
			Size: int64(len(f.text)), ModTime: at}))
		_, err := w.Write(f.text)
		errs = append(errs, err)
	}
	return out.Bytes(), errors.Join(append(errs, w.Close())...)
}

// certificates are Mozilla's roots, as the Go team publishes them, without those that it trusts only in part.
func certificates() []byte {
	var text []byte
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate})...)
		}
	}
	return text
}
