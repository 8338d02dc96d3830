// Command fleet is a partner's site in several processes behind HAProxy, with its
// sessions and limits in Redis and the key in etcd. All of it runs on loopback, from
// Debian's packages, with a fake community beside it:
//
//	cd examples/fleet && go run .
//
// With -load it logs members in while parts of it fail, and prints a table. The
// part for the community is in sso.go.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/bettermode-go/sso/examples/internal/servers"
)

// siteVerb makes the program one process of the site.
const siteVerb = "site"

func main() { servers.Main(run) }

// run returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == siteVerb {
		return runSite(ctx, args[1:], stderr)
	}
	flags := flag.NewFlagSet("fleet", flag.ContinueOnError)
	processes := flags.Int("processes", 3, "`number` of processes of the site")
	load := flags.Bool("load", false, "make the table of README.md, in three minutes")
	p := plan{outage: 10 * time.Second}
	flags.IntVar(&p.rate, "rate", 50, "`logins` a second, with -load")
	flags.DurationVar(&p.length, "length", 20*time.Second, "`duration` of each run, with -load; an outage takes 10s of it")
	return servers.Run(flags, args, stderr, func() error {
		if *processes < 2 || p.rate < 1 || p.length < 15*time.Second {
			return fmt.Errorf("at least 2 processes, 1 login a second, and 15s")
		}
		folder, err := os.MkdirTemp("", "fleet-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(folder)
		f, err := startFleet(ctx, folder, *processes)
		if err != nil {
			return err
		}
		defer f.stop()
		if *load {
			return f.writeTable(ctx, p, stdout)
		}
		fmt.Fprintf(stdout, "Partner site: %s\nCommunity:    %s\nLogs:         %s\n\n"+
			"Open the community, and press its login button. Ctrl-C ends all.\n",
			f.origin, f.community.origin(), folder)
		<-ctx.Done()
		return nil
	})
}
