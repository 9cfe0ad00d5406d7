package transport

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

const (
	replayWindow     = 1024 // packets; video bursts overtake each other
	rtcpReplayWindow = 128
	// sealRoom is the most that sealing adds to a packet: GCM tag and SRTCP index.
	sealRoom = 20
)

// keys are both directions of SRTP and SRTCP for one Conn.
type keys struct {
	profile srtp.ProtectionProfile
	in      *srtp.Context // used by the one who holds inbound.busy
	inRTP   rtp.Header
	inRTCP  rtcp.Header

	// used under outbound.mu
	rtp     rtpSealer
	out     *srtp.Context
	outRTCP rtcp.Header
}

// rtpSealer appends the SRTP form of a packet to dst, which has room for it. index is the roll-over counter and the sequence number.
type rtpSealer interface {
	seal(dst, header, payload []byte, index uint64) ([]byte, error)
}

func newKeys(config *srtp.Config) (*keys, error) {
	local, remote := config.Keys, config.Keys
	in, err := srtp.CreateContext(remote.RemoteMasterKey, remote.RemoteMasterSalt, config.Profile,
		srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(rtcpReplayWindow))
	if err != nil {
		return nil, err
	}
	out, err := srtp.CreateContext(local.LocalMasterKey, local.LocalMasterSalt, config.Profile)
	if err != nil {
		return nil, err
	}
	k := &keys{profile: config.Profile, in: in, out: out}
	switch config.Profile {
	case srtp.ProtectionProfileAeadAes128Gcm, srtp.ProtectionProfileAeadAes256Gcm:
		k.rtp, err = newGCMSealer(local.LocalMasterKey, local.LocalMasterSalt)
	default:
		k.rtp = &contextSealer{context: out}
	}
	return k, err
}

// sealRTCP appends the SRTCP form of a compound packet to dst, which has room for it.
func (k *keys) sealRTCP(dst, packet []byte) ([]byte, error) {
	sealed, err := k.out.EncryptRTCP(dst[len(dst):], packet, &k.outRTCP)
	if err != nil {
		return dst, err
	}
	return append(dst, sealed...), nil // onto itself, where the context had room enough
}

// gcmSealer seals with AES-GCM (RFC 7714). pion/srtp would parse the header again for every packet; here what changes is the IV alone,
// and it lies in the sealer so that nothing is allocated.
type gcmSealer struct {
	aead cipher.AEAD
	salt [12]byte
	iv   [12]byte
}

func newGCMSealer(masterKey, masterSalt []byte) (*gcmSealer, error) {
	key, err := derive(masterKey, masterSalt, 0, len(masterKey))
	if err != nil {
		return nil, err
	}
	salt, err := derive(masterKey, masterSalt, 2, 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	s := &gcmSealer{}
	if s.aead, err = cipher.NewGCM(block); err != nil {
		return nil, err
	}
	copy(s.salt[:], salt)
	return s, nil
}

// derive is the key derivation of RFC 3711, 4.3, for a rate of 0.
func derive(masterKey, masterSalt []byte, label byte, n int) ([]byte, error) {
	block, err := aes.NewCipher(masterKey)
	if err != nil {
		return nil, err
	}
	var iv [16]byte
	copy(iv[:14], masterSalt)
	iv[7] ^= label
	out := make([]byte, n)
	cipher.NewCTR(block, iv[:]).XORKeyStream(out, out)
	return out, nil
}

func (s *gcmSealer) seal(dst, header, payload []byte, index uint64) ([]byte, error) {
	s.iv[0], s.iv[1] = 0, 0
	copy(s.iv[2:6], header[8:12])
	binary.BigEndian.PutUint32(s.iv[6:10], uint32(index>>16))
	binary.BigEndian.PutUint16(s.iv[10:12], uint16(index))
	for i := range s.iv {
		s.iv[i] ^= s.salt[i]
	}
	dst = append(dst, header...)
	aad := dst[len(dst)-len(header):]
	return s.aead.Seal(dst, s.iv[:], payload, aad), nil
}

// contextSealer seals with a context of pion/srtp, for AES-CM with HMAC-SHA1.
type contextSealer struct {
	context *srtp.Context
	header  rtp.Header
}

func (s *contextSealer) seal(dst, header, payload []byte, index uint64) ([]byte, error) {
	start := len(dst)
	dst = append(append(dst, header...), payload...)
	plain := dst[start:]
	s.context.SetROC(binary.BigEndian.Uint32(header[8:12]), uint32(index>>16)) // the caller's counter, instead of a guess
	sealed, err := s.context.EncryptRTP(plain, plain, &s.header)
	if err != nil {
		return dst[:start], err
	}
	return append(dst[:start], sealed...), nil
}
