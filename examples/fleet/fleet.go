package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// keyName is where etcd has the key.
const keyName = "partner/sso-key"

// A fleet is everything that runs.
type fleet struct {
	sites              []*program
	proxy, store, etcd *program
	community          *community
	keys               *clientv3.Client
	origin             string // of the site, at the proxy
	visitors           int    // who came so far, with -load
}

// A part can be stopped, and started again at the same address with the same data.
type part interface {
	start(context.Context) error
	stop()
}

// startFleet starts all in the order in which they need each other.
func startFleet(ctx context.Context, folder string, processes int) (*fleet, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if err := findPrograms(); err != nil {
		return nil, err
	}
	free, err := freeAddresses(processes + 5)
	if err != nil {
		return nil, err
	}
	client, peer, storeAddr, proxyAddr, siteAddrs := free[0], free[1], free[2], free[3], free[5:]
	_, port, _ := net.SplitHostPort(proxyAddr)
	f := &fleet{origin: "http://localhost:" + port}
	if f.community, err = newCommunity(free[4], f.origin); err != nil {
		return nil, err
	}
	if f.keys, err = clientv3.New(clientv3.Config{Endpoints: []string{client}}); err != nil {
		return nil, err
	}
	f.etcd = newProgram(folder, "etcd", client, "etcd", "--data-dir", filepath.Join(folder, "etcd"),
		"--listen-client-urls", "http://"+client, "--advertise-client-urls", "http://"+client,
		"--listen-peer-urls", "http://"+peer, "--initial-advertise-peer-urls", "http://"+peer,
		"--initial-cluster", "default=http://"+peer)
	_, port, _ = net.SplitHostPort(storeAddr)
	f.store = newProgram(folder, "redis", storeAddr, "redis-server", "--bind", "127.0.0.1", "--port", port,
		"--dir", folder, "--appendonly", "yes")
	for i, addr := range siteAddrs {
		f.sites = append(f.sites, newProgram(folder, fmt.Sprintf("site-%d", i+1), addr, "env", "ETCD_SERVER_URL=http://"+client,
			self, siteVerb, "-addr", addr, "-store", storeAddr, "-key", "etcd://"+keyName+"?decoder=string",
			"-community", f.community.origin()))
	}
	config := filepath.Join(folder, "haproxy.cfg")
	if err := os.WriteFile(config, haproxyConfig(proxyAddr, siteAddrs), 0o600); err != nil {
		return nil, err
	}
	f.proxy = newProgram(folder, "haproxy", proxyAddr, "haproxy", "-db", "-f", config)
	if err := f.start(ctx); err != nil {
		f.stop()
		return nil, err
	}
	return f, nil
}

func (f *fleet) start(ctx context.Context) error {
	begin := []func(context.Context) error{f.community.start, f.etcd.start, f.storeKey, f.store.start}
	for _, p := range append(f.sites, f.proxy) {
		begin = append(begin, p.start)
	}
	for _, start := range begin {
		if err := start(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (f *fleet) stop() {
	var all sync.WaitGroup
	for _, p := range append(f.sites, f.proxy, f.store, f.etcd) {
		all.Go(p.stop)
	}
	all.Wait()
	f.keys.Close()
	f.community.stop()
}

// storeKey puts the community's key into etcd.
func (f *fleet) storeKey(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	_, err := f.keys.Put(ctx, keyName, f.community.fake.Key().Reveal())
	return err
}

// changeKey goes in the order of ssotoken/docs/keys.md: the community makes a new key,
// which counts immediately, and then the store gets it.
func (f *fleet) changeKey(ctx context.Context) error {
	if err := f.community.fake.Configure(func(s *ssotest.Settings) { s.Key = ssotoken.Key{} }); err != nil {
		return err
	}
	return f.storeKey(ctx)
}

// haproxyConfig has the proxy send a request to another process where one can't be
// reached, and repeat a GET whose connection ended without an answer: a page or a
// redirect that is made twice harms nobody.
func haproxyConfig(addr string, sites []string) []byte {
	var config strings.Builder
	config.WriteString(`defaults
	mode http
	timeout connect 1s
	timeout client 30s
	timeout server 30s
	retries 3
	option redispatch 1
	retry-on conn-failure empty-response
frontend proxy
	bind ` + addr + `
	default_backend site
backend site
	balance roundrobin
	option httpchk GET /healthz
	http-request disable-l7-retry unless METH_GET
	default-server check inter 500ms fall 2 rise 1
`)
	for i, site := range sites {
		fmt.Fprintf(&config, "\tserver site-%d %s\n", i+1, site)
	}
	return []byte(config.String())
}

// findPrograms reports one that is missing.
func findPrograms() error {
	os.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin") // haproxy is there, and only root looks there
	for _, name := range []string{"etcd", "redis-server", "haproxy"} {
		if _, err := exec.LookPath(name); err != nil {
			return fmt.Errorf("%w (on Debian: apt-get install etcd-server redis-server haproxy)", err)
		}
	}
	return nil
}

// freeAddresses picks ports of the loopback that nobody listens on.
func freeAddresses(n int) (free []string, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close() // only then, so that no port comes twice
		free = append(free, l.Addr().String())
	}
	return free, nil
}

// A program is a process that listens on an address.
type program struct {
	name, addr, log string
	args            []string
	cmd             *exec.Cmd     // nil before the first start
	ended           chan struct{} // closed when it has ended
}

func newProgram(folder, name, addr string, args ...string) *program {
	return &program{name: name, addr: addr, log: filepath.Join(folder, name+".log"), args: args}
}

// start returns once the program can be reached.
func (p *program) start(ctx context.Context) error {
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	p.cmd, p.ended = exec.Command(p.args[0], p.args[1:]...), make(chan struct{})
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		p.cmd = nil
		return err
	}
	go func(cmd *exec.Cmd, ended chan struct{}) {
		cmd.Wait()
		close(ended)
	}(p.cmd, p.ended)
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for ticks := time.NewTicker(20 * time.Millisecond); ; {
		if conn, err := net.Dial("tcp", p.addr); err == nil {
			return conn.Close()
		}
		select {
		case <-ticks.C:
		case <-p.ended:
			text, _ := os.ReadFile(p.log)
			return fmt.Errorf("%s ended: %s", p.name, text[max(0, len(text)-2000):])
		case <-ctx.Done():
			return fmt.Errorf("%s can't be reached: %w", p.name, ctx.Err())
		}
	}
}

// stop lets the program finish what is under way.
func (p *program) stop() { p.end(syscall.SIGTERM) }

// end returns once the program has ended, by a signal.
func (p *program) end(s os.Signal) {
	if p.cmd != nil {
		p.cmd.Process.Signal(s)
		<-p.ended
	}
}

// A community is the fake one. It keeps its members while nobody can reach it.
type community struct {
	fake   *ssotest.Handler
	addr   string
	server *http.Server
}

func newCommunity(addr, site string) (*community, error) {
	fake, err := ssotest.NewHandler(ssotest.Config{Settings: ssotest.Settings{
		AuthorizationURL: site + loginPath, LogoutURL: site + logoutPath, OtherLoginMethods: true,
		Spaces: []ssotest.Space{{ID: "spc-news-0001", Name: "News", Slug: "news"}},
	}})
	return &community{fake: fake, addr: addr}, err
}

func (c *community) origin() string { return "http://" + c.addr }

func (c *community) start(context.Context) error {
	listener, err := net.Listen("tcp", c.addr)
	if err != nil {
		return err
	}
	c.server = &http.Server{Handler: c.fake, ReadHeaderTimeout: 10 * time.Second}
	go c.server.Serve(listener) // until stop
	return nil
}

func (c *community) stop() {
	if c.server != nil {
		c.server.Close()
	}
}
