namespace Wardline.Rtc.Tests.Sdp;

/// <summary>
/// Offers as today's browsers write them (Chromium 156, Firefox ESR 153), with fewer codecs and candidates. The lines
/// end with LF here; <see cref="Crlf"/> gives them the ends that browsers write.
/// </summary>
internal static class Offers
{
    /// <summary>Microphone and a camera with three encodings, all candidates gathered, and a data channel.</summary>
    public const string ChromiumSimulcast = """
        v=0
        o=- 1949643958963028490 2 IN IP4 127.0.0.1
        s=-
        t=0 0
        a=group:BUNDLE 0 1 2
        a=extmap-allow-mixed
        a=msid-semantic: WMS 2aabfe22-8f21-4e9c-90eb-53f16947ccf2
        m=audio 33519 UDP/TLS/RTP/SAVPF 111 63 9 0 13 126
        c=IN IP4 127.0.0.1
        a=rtcp:9 IN IP4 0.0.0.0
        a=candidate:3770577215 1 udp 2122194687 127.0.0.1 33519 typ host generation 0 network-id 3 network-cost 50
        a=candidate:69108651 1 udp 2122063615 192.0.2.2 42465 typ host generation 0 network-id 1
        a=candidate:504669611 1 tcp 1518214911 127.0.0.1 9 typ host tcptype active generation 0 network-id 3 network-cost 50
        a=ice-ufrag:gcHZ
        a=ice-pwd:vCRqq7EhZEpYn4auOEleAvSz
        a=ice-options:trickle
        a=fingerprint:sha-256 E0:1C:9A:25:AF:6C:11:DC:47:A8:F1:CC:A0:61:A6:66:99:56:2B:62:E4:72:A0:2C:CF:C1:A9:1E:24:CA:9B:18
        a=setup:actpass
        a=mid:0
        a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
        a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
        a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
        a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
        a=sendonly
        a=msid:2aabfe22-8f21-4e9c-90eb-53f16947ccf2 36b3216f-daee-4975-929f-ae923d5a4fd1
        a=rtcp-mux
        a=rtcp-rsize
        a=rtcp-xr:rcvr-rtt=all
        a=rtpmap:111 opus/48000/2
        a=rtcp-fb:111 transport-cc
        a=fmtp:111 minptime=10;useinbandfec=1
        a=rtpmap:63 red/48000/2
        a=fmtp:63 111/111
        a=rtpmap:9 G722/8000
        a=rtpmap:0 PCMU/8000
        a=rtpmap:13 CN/8000
        a=rtpmap:126 telephone-event/8000
        a=ssrc:357099223 cname:tniGU2I3xuWnHEqn
        a=ssrc:357099223 msid:2aabfe22-8f21-4e9c-90eb-53f16947ccf2 36b3216f-daee-4975-929f-ae923d5a4fd1
        m=video 33851 UDP/TLS/RTP/SAVPF 96 97 102 103 98 99 118 119 120
        c=IN IP4 127.0.0.1
        a=rtcp:9 IN IP4 0.0.0.0
        a=candidate:3770577215 1 udp 2122194687 127.0.0.1 33851 typ host generation 0 network-id 3 network-cost 50
        a=candidate:69108651 1 udp 2122063615 192.0.2.2 52363 typ host generation 0 network-id 1
        a=candidate:504669611 1 tcp 1518214911 127.0.0.1 9 typ host tcptype active generation 0 network-id 3 network-cost 50
        a=ice-ufrag:gcHZ
        a=ice-pwd:vCRqq7EhZEpYn4auOEleAvSz
        a=ice-options:trickle
        a=fingerprint:sha-256 E0:1C:9A:25:AF:6C:11:DC:47:A8:F1:CC:A0:61:A6:66:99:56:2B:62:E4:72:A0:2C:CF:C1:A9:1E:24:CA:9B:18
        a=setup:actpass
        a=mid:1
        a=extmap:14 urn:ietf:params:rtp-hdrext:toffset
        a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
        a=extmap:13 urn:3gpp:video-orientation
        a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
        a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
        a=extmap:6 http://www.webrtc.org/experiments/rtp-hdrext/video-content-type
        a=extmap:7 http://www.webrtc.org/experiments/rtp-hdrext/video-timing
        a=extmap:8 http://www.webrtc.org/experiments/rtp-hdrext/color-space
        a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
        a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
        a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id
        a=extmap:12 https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension
        a=extmap:9 http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00
        a=sendonly
        a=msid:2aabfe22-8f21-4e9c-90eb-53f16947ccf2 a4c123b1-612d-4272-9137-1c17149d4395
        a=rtcp-mux
        a=rtcp-rsize
        a=rtcp-xr:rcvr-rtt=all
        a=rtpmap:96 VP8/90000
        a=rtcp-fb:96 goog-remb
        a=rtcp-fb:96 transport-cc
        a=rtcp-fb:96 ccm fir
        a=rtcp-fb:96 nack
        a=rtcp-fb:96 nack pli
        a=rtpmap:97 rtx/90000
        a=fmtp:97 apt=96
        a=rtpmap:102 H264/90000
        a=rtcp-fb:102 goog-remb
        a=rtcp-fb:102 transport-cc
        a=rtcp-fb:102 ccm fir
        a=rtcp-fb:102 nack
        a=rtcp-fb:102 nack pli
        a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f
        a=rtpmap:103 rtx/90000
        a=fmtp:103 apt=102
        a=rtpmap:98 VP9/90000
        a=rtcp-fb:98 goog-remb
        a=rtcp-fb:98 transport-cc
        a=rtcp-fb:98 ccm fir
        a=rtcp-fb:98 nack
        a=rtcp-fb:98 nack pli
        a=fmtp:98 profile-id=0
        a=rtpmap:99 rtx/90000
        a=fmtp:99 apt=98
        a=rtpmap:118 red/90000
        a=rtpmap:119 rtx/90000
        a=fmtp:119 apt=118
        a=rtpmap:120 ulpfec/90000
        a=rid:q send
        a=rid:h send
        a=rid:f send
        a=simulcast:send q;h;f
        m=application 37678 UDP/DTLS/SCTP webrtc-datachannel
        c=IN IP4 127.0.0.1
        a=ice-ufrag:gcHZ
        a=ice-pwd:vCRqq7EhZEpYn4auOEleAvSz
        a=ice-options:trickle
        a=fingerprint:sha-256 E0:1C:9A:25:AF:6C:11:DC:47:A8:F1:CC:A0:61:A6:66:99:56:2B:62:E4:72:A0:2C:CF:C1:A9:1E:24:CA:9B:18
        a=setup:actpass
        a=mid:2
        a=sctp-port:5000
        a=max-message-size:262144

        """;

    /// <summary>Microphone and camera, both directions, before gathering, and a data channel.</summary>
    public const string ChromiumPlain = """
        v=0
        o=- 2119172963960361095 2 IN IP4 127.0.0.1
        s=-
        t=0 0
        a=group:BUNDLE 0 1 2
        a=extmap-allow-mixed
        a=msid-semantic: WMS ff9243a8-f506-4409-98b5-b7a767c76fb0
        m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 13 126
        c=IN IP4 0.0.0.0
        a=rtcp:9 IN IP4 0.0.0.0
        a=ice-ufrag:l7lv
        a=ice-pwd:wJZet38tSPPSv2M8qlojGZuy
        a=ice-options:trickle
        a=fingerprint:sha-256 94:BE:60:60:3B:1C:E4:F9:B2:54:AE:DF:0A:DB:81:67:06:27:72:F3:31:8E:D4:D3:F8:43:0E:A9:5E:5E:F8:E8
        a=setup:actpass
        a=mid:0
        a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
        a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
        a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
        a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
        a=sendrecv
        a=msid:ff9243a8-f506-4409-98b5-b7a767c76fb0 cc3fc162-6e53-4130-93b0-26c48bbf33fe
        a=rtcp-mux
        a=rtcp-rsize
        a=rtcp-xr:rcvr-rtt=all
        a=rtpmap:111 opus/48000/2
        a=rtcp-fb:111 transport-cc
        a=fmtp:111 minptime=10;useinbandfec=1
        a=rtpmap:63 red/48000/2
        a=fmtp:63 111/111
        a=rtpmap:9 G722/8000
        a=rtpmap:0 PCMU/8000
        a=rtpmap:13 CN/8000
        a=rtpmap:126 telephone-event/8000
        a=ssrc:3730821251 cname:HwQuAkh7bFwh1igD
        a=ssrc:3730821251 msid:ff9243a8-f506-4409-98b5-b7a767c76fb0 cc3fc162-6e53-4130-93b0-26c48bbf33fe
        m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 98 99 118 119 120
        c=IN IP4 0.0.0.0
        a=rtcp:9 IN IP4 0.0.0.0
        a=ice-ufrag:l7lv
        a=ice-pwd:wJZet38tSPPSv2M8qlojGZuy
        a=ice-options:trickle
        a=fingerprint:sha-256 94:BE:60:60:3B:1C:E4:F9:B2:54:AE:DF:0A:DB:81:67:06:27:72:F3:31:8E:D4:D3:F8:43:0E:A9:5E:5E:F8:E8
        a=setup:actpass
        a=mid:1
        a=extmap:14 urn:ietf:params:rtp-hdrext:toffset
        a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
        a=extmap:13 urn:3gpp:video-orientation
        a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
        a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
        a=extmap:6 http://www.webrtc.org/experiments/rtp-hdrext/video-content-type
        a=extmap:7 http://www.webrtc.org/experiments/rtp-hdrext/video-timing
        a=extmap:8 http://www.webrtc.org/experiments/rtp-hdrext/color-space
        a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
        a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
        a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id
        a=sendrecv
        a=msid:ff9243a8-f506-4409-98b5-b7a767c76fb0 5ec84d8d-bc74-4547-90f5-8904dba41ecc
        a=rtcp-mux
        a=rtcp-rsize
        a=rtcp-xr:rcvr-rtt=all
        a=rtpmap:96 VP8/90000
        a=rtcp-fb:96 goog-remb
        a=rtcp-fb:96 transport-cc
        a=rtcp-fb:96 ccm fir
        a=rtcp-fb:96 nack
        a=rtcp-fb:96 nack pli
        a=rtpmap:97 rtx/90000
        a=fmtp:97 apt=96
        a=rtpmap:102 H264/90000
        a=rtcp-fb:102 goog-remb
        a=rtcp-fb:102 transport-cc
        a=rtcp-fb:102 ccm fir
        a=rtcp-fb:102 nack
        a=rtcp-fb:102 nack pli
        a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f
        a=rtpmap:103 rtx/90000
        a=fmtp:103 apt=102
        a=rtpmap:98 VP9/90000
        a=rtcp-fb:98 goog-remb
        a=rtcp-fb:98 transport-cc
        a=rtcp-fb:98 ccm fir
        a=rtcp-fb:98 nack
        a=rtcp-fb:98 nack pli
        a=fmtp:98 profile-id=0
        a=rtpmap:99 rtx/90000
        a=fmtp:99 apt=98
        a=rtpmap:118 red/90000
        a=rtpmap:119 rtx/90000
        a=fmtp:119 apt=118
        a=rtpmap:120 ulpfec/90000
        a=ssrc-group:FID 1071029227 1523090445
        a=ssrc:1071029227 cname:HwQuAkh7bFwh1igD
        a=ssrc:1071029227 msid:ff9243a8-f506-4409-98b5-b7a767c76fb0 5ec84d8d-bc74-4547-90f5-8904dba41ecc
        a=ssrc:1523090445 cname:HwQuAkh7bFwh1igD
        a=ssrc:1523090445 msid:ff9243a8-f506-4409-98b5-b7a767c76fb0 5ec84d8d-bc74-4547-90f5-8904dba41ecc
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel
        c=IN IP4 0.0.0.0
        a=ice-ufrag:l7lv
        a=ice-pwd:wJZet38tSPPSv2M8qlojGZuy
        a=ice-options:trickle
        a=fingerprint:sha-256 94:BE:60:60:3B:1C:E4:F9:B2:54:AE:DF:0A:DB:81:67:06:27:72:F3:31:8E:D4:D3:F8:43:0E:A9:5E:5E:F8:E8
        a=setup:actpass
        a=mid:2
        a=sctp-port:5000
        a=max-message-size:262144

        """;

    /// <summary>The same from Firefox: fingerprint at session level, directions on extensions, sources declared.</summary>
    public const string FirefoxSimulcast = """
        v=0
        o=mozilla...THIS_IS_SDPARTA-99.0 328193514449878064 0 IN IP4 0.0.0.0
        s=-
        t=0 0
        a=fingerprint:sha-256 8B:78:88:2D:4D:B7:41:C5:20:0B:09:13:57:12:8F:29:EF:AC:D7:96:7E:31:F8:A2:46:2D:85:3F:BF:7B:C6:52
        a=group:BUNDLE 0 1 2
        a=ice-options:trickle
        a=msid-semantic:WMS *
        m=audio 9 UDP/TLS/RTP/SAVPF 109 9 0 8 101
        c=IN IP4 0.0.0.0
        a=sendonly
        a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
        a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level
        a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid
        a=extmap:7 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
        a=extmap-allow-mixed
        a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1
        a=fmtp:101 0-15
        a=ice-pwd:5efdbc45667b8b1b258a645df0ff9ad7
        a=ice-ufrag:c507fb1f
        a=mid:0
        a=msid:- {c255404e-4fb4-4003-9d66-08697a8d41be}
        a=rtcp-fb:109 transport-cc
        a=rtcp-fb:9 transport-cc
        a=rtcp-fb:0 transport-cc
        a=rtcp-fb:8 transport-cc
        a=rtcp-mux
        a=rtpmap:109 opus/48000/2
        a=rtpmap:9 G722/8000/1
        a=rtpmap:0 PCMU/8000
        a=rtpmap:8 PCMA/8000
        a=rtpmap:101 telephone-event/8000/1
        a=setup:actpass
        a=ssrc:447325718 cname:{08f86beb-b273-4f6a-9f0f-b23c6f5da2ce}
        m=video 9 UDP/TLS/RTP/SAVPF 120 124 121 125 123 122 119
        c=IN IP4 0.0.0.0
        a=sendonly
        a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid
        a=extmap:4 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
        a=extmap:5 urn:ietf:params:rtp-hdrext:toffset
        a=extmap:6/recvonly http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
        a=extmap:7 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
        a=extmap:8/sendonly https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension
        a=extmap:9/sendonly urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
        a=extmap:10/sendonly urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id
        a=extmap-allow-mixed
        a=fmtp:120 max-fs=12288;max-fr=60
        a=fmtp:124 apt=120
        a=fmtp:121 max-fs=12288;max-fr=60
        a=fmtp:125 apt=121
        a=fmtp:119 apt=122
        a=ice-pwd:5efdbc45667b8b1b258a645df0ff9ad7
        a=ice-ufrag:c507fb1f
        a=mid:1
        a=msid:- {d440e504-54f3-4af3-9768-13e02ea68ef7}
        a=rid:q send
        a=rid:h send
        a=rid:f send
        a=rtcp-fb:120 nack
        a=rtcp-fb:120 nack pli
        a=rtcp-fb:120 ccm fir
        a=rtcp-fb:120 goog-remb
        a=rtcp-fb:120 transport-cc
        a=rtcp-fb:121 nack
        a=rtcp-fb:121 nack pli
        a=rtcp-fb:121 ccm fir
        a=rtcp-fb:121 goog-remb
        a=rtcp-fb:121 transport-cc
        a=rtcp-fb:123 nack
        a=rtcp-fb:123 nack pli
        a=rtcp-fb:123 ccm fir
        a=rtcp-fb:123 goog-remb
        a=rtcp-fb:123 transport-cc
        a=rtcp-fb:122 nack
        a=rtcp-fb:122 nack pli
        a=rtcp-fb:122 ccm fir
        a=rtcp-fb:122 goog-remb
        a=rtcp-fb:122 transport-cc
        a=rtcp-mux
        a=rtcp-rsize
        a=rtpmap:120 VP8/90000
        a=rtpmap:124 rtx/90000
        a=rtpmap:121 VP9/90000
        a=rtpmap:125 rtx/90000
        a=rtpmap:123 ulpfec/90000
        a=rtpmap:122 red/90000
        a=rtpmap:119 rtx/90000
        a=setup:actpass
        a=simulcast:send q;h;f
        a=ssrc:726294012 cname:{08f86beb-b273-4f6a-9f0f-b23c6f5da2ce}
        a=ssrc:1873753922 cname:{08f86beb-b273-4f6a-9f0f-b23c6f5da2ce}
        a=ssrc:2781112547 cname:{08f86beb-b273-4f6a-9f0f-b23c6f5da2ce}
        a=ssrc:3600256356 cname:{08f86beb-b273-4f6a-9f0f-b23c6f5da2ce}
        a=ssrc:3668084750 cname:{08f86beb-b273-4f6a-9f0f-b23c6f5da2ce}
        a=ssrc:1664410555 cname:{08f86beb-b273-4f6a-9f0f-b23c6f5da2ce}
        a=ssrc-group:FID 726294012 1873753922
        a=ssrc-group:FID 2781112547 3600256356
        a=ssrc-group:FID 3668084750 1664410555
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel
        c=IN IP4 0.0.0.0
        a=sendrecv
        a=ice-pwd:5efdbc45667b8b1b258a645df0ff9ad7
        a=ice-ufrag:c507fb1f
        a=mid:2
        a=setup:actpass
        a=sctp-port:5000
        a=max-message-size:1073741823

        """;

    /// <summary>
    /// A later offer of Firefox with max-bundle: port 0 means bundle-only in some sections, and refused (mid 4) or
    /// stopped (mid 5) in others. The camera was off once, after which Firefox offers a single layer.
    /// </summary>
    public const string FirefoxMaxBundle = """
        v=0
        o=mozilla...THIS_IS_SDPARTA-99.0 5310266627264954431 8 IN IP4 0.0.0.0
        s=-
        t=0 0
        a=fingerprint:sha-256 00:E1:6D:6F:4F:D0:3F:01:35:BC:B6:AD:CA:A8:07:26:DE:3D:7A:81:05:AF:B2:EB:F7:B4:19:9D:6D:76:AD:6C
        a=group:BUNDLE 0 1 3 6
        a=ice-options:trickle
        a=msid-semantic:WMS *
        m=audio 9 UDP/TLS/RTP/SAVPF 109 0
        c=IN IP4 0.0.0.0
        a=sendonly
        a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
        a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level
        a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid
        a=extmap:7 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
        a=extmap-allow-mixed
        a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1
        a=ice-pwd:e7f819990681d9e50d8a3b5c52f31e73
        a=ice-ufrag:b8fe865c
        a=mid:0
        a=msid:{88e44a78-640f-4ac3-bc0b-d5424db0ae6d} {6c989c38-d7a6-4fdb-99e8-2a9cfe65c20e}
        a=rtcp-fb:109 transport-cc
        a=rtcp-fb:0 transport-cc
        a=rtcp-mux
        a=rtpmap:109 opus/48000/2
        a=rtpmap:0 PCMU/8000
        a=setup:actpass
        a=ssrc:1837249358 cname:{83a86359-0bf5-447a-9aef-949016124495}
        m=video 0 UDP/TLS/RTP/SAVPF 120 124
        c=IN IP4 0.0.0.0
        a=bundle-only
        a=sendonly
        a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid
        a=extmap:4 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
        a=extmap:5 urn:ietf:params:rtp-hdrext:toffset
        a=extmap:6/recvonly http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
        a=extmap:7 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
        a=extmap:8/sendonly https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension
        a=extmap:9/sendonly urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
        a=extmap:10/sendonly urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id
        a=extmap-allow-mixed
        a=fmtp:120 max-fs=12288;max-fr=60
        a=fmtp:124 apt=120
        a=ice-pwd:e7f819990681d9e50d8a3b5c52f31e73
        a=ice-ufrag:b8fe865c
        a=mid:1
        a=msid:{88e44a78-640f-4ac3-bc0b-d5424db0ae6d} {b7807862-fd4e-41fb-982e-4a5106c44384}
        a=rtcp-fb:120 nack
        a=rtcp-fb:120 nack pli
        a=rtcp-fb:120 ccm fir
        a=rtcp-fb:120 goog-remb
        a=rtcp-fb:120 transport-cc
        a=rtcp-mux
        a=rtcp-rsize
        a=rtpmap:120 VP8/90000
        a=rtpmap:124 rtx/90000
        a=setup:actpass
        a=ssrc:523920143 cname:{83a86359-0bf5-447a-9aef-949016124495}
        a=ssrc:4015577681 cname:{83a86359-0bf5-447a-9aef-949016124495}
        a=ssrc-group:FID 523920143 4015577681
        m=video 0 UDP/TLS/RTP/SAVPF 120 124
        c=IN IP4 0.0.0.0
        a=bundle-only
        a=recvonly
        a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid
        a=extmap:4 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
        a=extmap:5 urn:ietf:params:rtp-hdrext:toffset
        a=extmap:6/recvonly http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
        a=extmap:7 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
        a=extmap:8/sendonly https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension
        a=extmap:9/sendonly urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
        a=extmap:10/sendonly urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id
        a=extmap-allow-mixed
        a=fmtp:120 max-fs=12288;max-fr=60
        a=fmtp:124 apt=120
        a=ice-pwd:e7f819990681d9e50d8a3b5c52f31e73
        a=ice-ufrag:b8fe865c
        a=mid:3
        a=rtcp-fb:120 nack
        a=rtcp-fb:120 nack pli
        a=rtcp-fb:120 ccm fir
        a=rtcp-fb:120 goog-remb
        a=rtcp-fb:120 transport-cc
        a=rtcp-mux
        a=rtcp-rsize
        a=rtpmap:120 VP8/90000
        a=rtpmap:124 rtx/90000
        a=setup:actpass
        a=ssrc:3692768483 cname:{83a86359-0bf5-447a-9aef-949016124495}
        m=application 0 UDP/DTLS/SCTP webrtc-datachannel
        c=IN IP4 0.0.0.0
        a=inactive
        a=mid:4
        a=sctp-port:0
        m=audio 0 UDP/TLS/RTP/SAVPF 0
        c=IN IP4 0.0.0.0
        a=inactive
        a=mid:5
        a=rtpmap:0 PCMU/8000
        m=video 0 UDP/TLS/RTP/SAVPF 120 124
        c=IN IP4 0.0.0.0
        a=bundle-only
        a=recvonly
        a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid
        a=extmap:4 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
        a=extmap:5 urn:ietf:params:rtp-hdrext:toffset
        a=extmap:6/recvonly http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
        a=extmap:7 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
        a=extmap:8/sendonly https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension
        a=extmap:9/sendonly urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
        a=extmap:10/sendonly urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id
        a=extmap-allow-mixed
        a=fmtp:120 max-fs=12288;max-fr=60
        a=fmtp:124 apt=120
        a=ice-pwd:e7f819990681d9e50d8a3b5c52f31e73
        a=ice-ufrag:b8fe865c
        a=mid:6
        a=rtcp-fb:120 nack
        a=rtcp-fb:120 nack pli
        a=rtcp-fb:120 ccm fir
        a=rtcp-fb:120 goog-remb
        a=rtcp-fb:120 transport-cc
        a=rtcp-mux
        a=rtcp-rsize
        a=rtpmap:120 VP8/90000
        a=rtpmap:124 rtx/90000
        a=setup:actpass
        a=ssrc:2289472882 cname:{83a86359-0bf5-447a-9aef-949016124495}

        """;

    public static string Crlf(string offer) => offer.ReplaceLineEndings("\r\n");
}
