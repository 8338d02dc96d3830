package check

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

const (
	parts       = 256 // by the first byte of a hash
	indexChunk  = 512 // entries
	entryBytes  = 8
	hashBits    = 32 // of an entry; with the part, 40 bits tell hashes apart
	ordinalMask = 1<<hashBits - 1
)

// An index finds members with equal hashes. An entry holds 32 bits of a hash and
// a member's ordinal; 8 more bits are the part it stands in. Members with equal
// hashes need a second look: at ten million, some 50 pairs are no pairs.
//
// Entries are only appended, each part in its own chunks, so that a further
// member costs the same however many there are; a part is sorted when it is
// looked at.
type index struct {
	part   [parts]part
	spill  *tempFile
	memory int64 // of chunks in use
	most   int64
	free   [][]uint64
}

type part struct {
	tail    []uint64   // the chunk that is filled
	chunks  [][]uint64 // those that are full
	spilled []segment
	n       int
}

// A segment is what one spill wrote of a part.
type segment struct {
	at int64
	n  int
}

// add enters a member, in the order of their ordinals.
func (x *index) add(hash uint64, ordinal uint32) error {
	p := &x.part[hash>>(64-8)]
	if len(p.tail) == cap(p.tail) {
		if x.memory >= x.most {
			if err := x.spillAll(); err != nil {
				return err
			}
		} else if p.tail != nil {
			p.chunks = append(p.chunks, p.tail)
		}
		p.tail = x.chunk()
	}
	p.tail = append(p.tail, hash<<8&^ordinalMask|uint64(ordinal))
	p.n++
	return nil
}

func (x *index) chunk() []uint64 {
	x.memory += indexChunk * entryBytes
	if last := len(x.free) - 1; last >= 0 {
		chunk := x.free[last]
		x.free = x.free[:last]
		return chunk[:0]
	}
	return make([]uint64, 0, indexChunk)
}

// spillAll writes every part to disk.
func (x *index) spillAll() error {
	var out []byte
	for i := range x.part {
		p := &x.part[i]
		out = out[:0]
		for _, chunk := range append(p.chunks, p.tail) {
			for _, entry := range chunk {
				out = binary.LittleEndian.AppendUint64(out, entry)
			}
		}
		if len(out) == 0 {
			continue
		}
		at, err := x.spill.append(out)
		if err != nil {
			return err
		}
		p.spilled = append(p.spilled, segment{at, len(out) / entryBytes})
		x.free = append(append(x.free, p.chunks...), p.tail)
		p.chunks, p.tail = p.chunks[:0], nil
	}
	x.memory = 0
	return nil
}

// load gives the entries of a part, those with equal hashes together and in the
// order of their ordinals. It uses and returns the scratch.
func (x *index) load(i int, s *scratch) ([]uint64, error) {
	p := &x.part[i]
	s.entries = slices.Grow(s.entries[:0], p.n)
	for _, segment := range p.spilled {
		s.bytes = slices.Grow(s.bytes[:0], segment.n*entryBytes)[:segment.n*entryBytes]
		if err := x.spill.readAt(s.bytes, segment.at); err != nil {
			return nil, err
		}
		for at := 0; at < len(s.bytes); at += entryBytes {
			s.entries = append(s.entries, binary.LittleEndian.Uint64(s.bytes[at:]))
		}
	}
	for _, chunk := range append(p.chunks, p.tail) {
		s.entries = append(s.entries, chunk...)
	}
	s.sort()
	return s.entries, nil
}

// A scratch is room for one part.
type scratch struct {
	entries, other []uint64
	bytes          []byte
	starts         []uint32
}

// sort brings entries with equal hashes together, and leaves them in their order: a
// radix sort by the upper bits, after which a few neighbours are left to compare. A
// sort by comparison would be most of what an entry costs.
func (s *scratch) sort() {
	const passes = 2
	bits := bits.Len(uint(len(s.entries)))/passes + 1 // a few times as many values as entries
	sorted, buckets := 64-passes*bits, uint64(1)<<bits
	s.starts = slices.Grow(s.starts[:0], int(buckets)+1)[:buckets+1]
	s.other = slices.Grow(s.other[:0], len(s.entries))[:len(s.entries)]
	for pass := range passes {
		shift := sorted + pass*bits
		clear(s.starts)
		for _, e := range s.entries {
			s.starts[e>>shift&(buckets-1)+1]++
		}
		for i := 1; i < len(s.starts); i++ {
			s.starts[i] += s.starts[i-1]
		}
		for _, e := range s.entries {
			at := &s.starts[e>>shift&(buckets-1)]
			s.other[*at] = e
			*at++
		}
		s.entries, s.other = s.other, s.entries
	}
	for start := 0; start < len(s.entries); {
		end := start + 1
		for end < len(s.entries) && s.entries[end]>>sorted == s.entries[start]>>sorted {
			end++
		}
		if end-start > 1 {
			slices.Sort(s.entries[start:end]) // ordinals are below the hash, and ascend
		}
		start = end
	}
}
