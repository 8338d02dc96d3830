package ssotest

import (
	"net/http"
	"net/url"
	"strconv"
)

// A pager tells which part of a list a page shows, and links the others.
type pager struct {
	Page, Pages, Total int
	From, To           int    // of the items shown, from 1
	Prev, Next         string // addresses; empty where there is none
}

// paginate cuts the page out of a list that the request's parameter page asks
// for. A page that is not there is the nearest one that is.
func paginate[T any](r *http.Request, list []T, size int) ([]T, pager) {
	pages := max(1, (len(list)+size-1)/size)
	n, _ := strconv.Atoi(r.URL.Query().Get("page"))
	n = min(max(n, 1), pages)
	from := (n - 1) * size
	to := min(from+size, len(list))
	p := pager{Page: n, Pages: pages, Total: len(list), From: from + 1, To: to}
	if n > 1 {
		p.Prev = pageAddress(r.URL, n-1)
	}
	if n < pages {
		p.Next = pageAddress(r.URL, n+1)
	}
	return list[from:to], p
}

func pageAddress(u *url.URL, n int) string {
	query := u.Query()
	query.Set("page", strconv.Itoa(n))
	return u.EscapedPath() + "?" + query.Encode()
}
