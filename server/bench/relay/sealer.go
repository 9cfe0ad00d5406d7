package relay

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
)

// sealer seals RTP with AES-GCM (RFC 7714) and nothing else.
type sealer struct {
	aead cipher.AEAD
	salt [12]byte
	iv   [12]byte
}

func newSealer(masterKey, masterSalt []byte) (*sealer, error) {
	master, err := aes.NewCipher(masterKey)
	if err != nil {
		return nil, fmt.Errorf("make sealer: %w", err)
	}
	derive := func(label byte, out []byte) { // RFC 3711, 4.3
		var iv [16]byte
		copy(iv[:14], masterSalt)
		iv[7] ^= label
		cipher.NewCTR(master, iv[:]).XORKeyStream(out, out)
	}
	key := make([]byte, len(masterKey))
	derive(0, key)
	s := &sealer{}
	derive(2, s.salt[:])
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make sealer: %w", err)
	}
	s.aead, err = cipher.NewGCM(block)
	return s, err
}

// seal appends a packet whose header has no extensions to dst, sealed.
func (s *sealer) seal(dst, packet []byte, rollOver uint32) []byte {
	iv := &s.iv
	iv[0], iv[1] = 0, 0
	copy(iv[2:6], packet[8:12])
	binary.BigEndian.PutUint32(iv[6:], rollOver)
	copy(iv[10:], packet[2:4])
	for i := range iv {
		iv[i] ^= s.salt[i]
	}
	dst = append(dst, packet[:headerSize]...)
	return s.aead.Seal(dst, iv[:], packet[headerSize:], dst[len(dst)-headerSize:])
}

const headerSize = 12
