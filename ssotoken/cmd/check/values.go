package check

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// keptValues is how many bytes of values stay in memory before they go to disk.
const keptValues = 1 << 20

// values keeps what the second look needs of each member that can log in, in
// the order of their ordinals: written once, in blocks, and read only where
// hashes are equal.
type values struct {
	blocks  []block
	buffer  []byte // from flushed on
	flushed int64
	file    *tempFile
}

// A block is what one chunk of the input gave.
type block struct {
	at       int64
	size     int
	ordinal  uint32 // of its first member
	members  int
	row      int // of the input before its first
	source   int
	line     int
	previous bool
}

func (v *values) append(b block, data []byte) error {
	b.at, b.size = v.flushed+int64(len(v.buffer)), len(data)
	v.blocks = append(v.blocks, b)
	v.buffer = append(v.buffer, data...)
	if len(v.buffer) < keptValues {
		return nil
	}
	if _, err := v.file.append(v.buffer); err != nil {
		return err
	}
	v.flushed += int64(len(v.buffer))
	v.buffer = v.buffer[:0]
	return nil
}

// each gives the members of the ordinals, which are sorted and stand once.
func (v *values) each(ordinals []uint32, do func(ordinal uint32, m member, b *block)) error {
	var room []byte
	for i := 0; i < len(ordinals); {
		at, _ := slices.BinarySearchFunc(v.blocks, ordinals[i], func(b block, ordinal uint32) int {
			if ordinal >= b.ordinal+uint32(b.members) {
				return -1
			}
			return 1
		})
		b := &v.blocks[at]
		var rest []byte
		if b.at >= v.flushed {
			rest = v.buffer[b.at-v.flushed:][:b.size]
		} else {
			room = slices.Grow(room[:0], b.size)[:b.size]
			if err := v.file.readAt(room, b.at); err != nil {
				return err
			}
			rest = room
		}
		for n := range b.members {
			if i == len(ordinals) {
				break
			}
			var m member
			var ok bool
			if rest, ok = m.read(rest); !ok {
				return fmt.Errorf("temporary file: not as it was written")
			}
			if b.ordinal+uint32(n) == ordinals[i] {
				do(ordinals[i], m, b)
				i++
			}
		}
	}
	return nil
}

// A member is what is kept of one who can log in.
type member struct {
	row, line        int // within its block
	outcome          Outcome
	sub, email, name []byte // name only where there is an earlier export
}

// appendMember writes what member.read reads.
func appendMember(dst []byte, row, line int, outcome Outcome, sub, email, name string) []byte {
	dst = append(dst, byte(outcome))
	dst = binary.AppendUvarint(dst, uint64(row))
	dst = binary.AppendUvarint(dst, uint64(line))
	for _, s := range [...]string{sub, email, name} {
		dst = binary.AppendUvarint(dst, uint64(len(s)))
		dst = append(dst, s...)
	}
	return dst
}

func (m *member) read(src []byte) (rest []byte, ok bool) {
	if len(src) == 0 {
		return nil, false
	}
	m.outcome, src = Outcome(src[0]), src[1:]
	number := func() int {
		n, used := binary.Uvarint(src)
		if used <= 0 || n > 1<<31 {
			src = nil
			return 0
		}
		src = src[used:]
		return int(n)
	}
	text := func() []byte {
		n := min(number(), len(src))
		s := src[:n]
		src = src[n:]
		return s
	}
	m.row, m.line = number(), number()
	m.sub, m.email, m.name = text(), text(), text()
	return src, src != nil
}
