package check_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/check"
)

func TestQuick(t *testing.T) {
	in := "sub,name,email,tagline,extra\n1,Ada,ada@x.org,,z\n2,,b@x.org,\n3,\"C, d\",c@x.org,\"a\nb\",q\n1,Bob,B@x.org,,\n5,X,c@x.org,,\n6,Y,C@x.org,,\n7,\"bad\"q,d@x.org,,\n\n8, Z  z,e@x.org,,\n9,\"open,f@x.org,,\n10,Z,bad,,\n"
	c, err := check.New(check.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Read(t.Context(), check.Source{Name: "a.csv", Reader: strings.NewReader(in)}); err != nil {
		t.Fatal(err)
	}
	r, err := c.Report(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	j, _ := json.MarshalIndent(r, "", " ")
	_ = j
	fmt.Println(string(j))
	n, err := c.WriteRefused(context.Background(), os.Stdout, check.Source{Name: "a.csv", Reader: strings.NewReader(in)})
	fmt.Println(n, err)
}

func data(n int) []byte {
	var b bytes.Buffer
	b.WriteString("sub,name,email,tagline,picture\n")
	for i := range n {
		fmt.Fprintf(&b, "user-%d,Ada Lovelace %d,ada.%d@example.com,Writes notes on engines,https://cdn.example.com/avatars/%d.png\n", i, i, i, i)
	}
	return b.Bytes()
}

func TestSpeed(t *testing.T) {
	d := data(400000)
	for range 6 {
		s := time.Now()
		r := csv.NewReader(bytes.NewReader(d))
		r.ReuseRecord = true
		for {
			if _, err := r.Read(); err == io.EOF {
				break
			}
		}
		base := time.Since(s)
		s = time.Now()
		r = csv.NewReader(bytes.NewReader(d))
		r.ReuseRecord = true
		for {
			f, err := r.Read()
			if err == io.EOF {
				break
			}
			ssotoken.NewClaims().Subject(f[0]).Name(f[1]).VerifiedEmail(f[2]).Tagline(f[3]).Picture(f[4]).Build()
		}
		loop := time.Since(s)
		s = time.Now()
		c, _ := check.New(check.Config{})
		if err := c.Read(context.Background(), check.Source{Reader: bytes.NewReader(d)}); err != nil {
			t.Fatal(err)
		}
		read := time.Since(s)
		rep, err := c.Report(context.Background())
		tot := time.Since(s)
		c.Close()
		fmt.Println(base, loop, read, tot, "ratio csv", float64(tot)/float64(base), "loop", float64(tot)/float64(loop), rep.AsTheyAre, err)
	}
}
