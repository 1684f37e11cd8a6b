using System.Diagnostics.CodeAnalysis;
using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;

namespace Wardline.Rtc.Sdp;

/// <summary>
/// Reads an offer and refuses, with its own code, everything that is not one ICE-DTLS transport with RTP in a BUNDLE.
/// Never throws, whatever the text is, and what it keeps is bounded by <see cref="SdpLimits"/>.
/// </summary>
public static class SdpOfferParser
{
    public static bool TryParse(string sdp, SdpLimits limits, [NotNullWhen(true)] out SdpOffer? offer, [NotNullWhen(false)] out SdpError? error)
    {
        offer = null;
        if (sdp.Length > limits.MaxBytes)
        {
            error = new(SdpCodes.TooLarge, "The offer is too long.", 0);
            return false;
        }

        Session session = new(limits);
        SdpLineReader lines = new(sdp, limits);
        while (lines.Next())
        {
            error = session.Take(lines.Type, lines.Value, lines.Line);
            if (error is not null)
            {
                return false;
            }
        }

        error = lines.Error ?? session.Finish(out offer);
        return error is null;
    }

    private sealed class Session(SdpLimits limits)
    {
        private readonly SdpTransportReader _transport = new();
        private readonly List<SdpSectionReader> _sections = [];
        private readonly HashSet<uint> _ssrcs = [];
        private SdpDirection? _direction;
        private List<string>? _bundle;

        /// <summary>One line. RFC 8866 §5: v=, o= and s= come first and in this order.</summary>
        public SdpError? Take(char type, ReadOnlySpan<char> value, int line)
        {
            switch (type)
            {
                case 'v':
                    return line == 1 && value is "0" ? null : Malformed("v=0 belongs on the first line and nowhere else.", line);
                case 'o' or 's':
                    return line == (type == 'o' ? 2 : 3) ? null : Malformed("o= and s= are the second and third line.", line);
                case var _ when line <= 3:
                    return Malformed("An offer starts with v=, o= and s=.", line);
                case 'k':
                    return Refuse(SdpCodes.Sdes, line);
                case 'm':
                    return TakeMedia(value, line);
                case 'a':
                    return TakeAttribute(value, line);
                default:
                    return null;
            }
        }

        private SdpError? TakeMedia(ReadOnlySpan<char> value, int line)
        {
            if (_sections.Count == limits.MaxSections)
            {
                return Refuse(SdpCodes.TooManySections, line);
            }

            SdpSectionReader section = new(limits, _ssrcs);
            _sections.Add(section);
            return section.ReadMediaLine(value, line) is { } code ? Refuse(code, line) : null;
        }

        private SdpError? TakeAttribute(ReadOnlySpan<char> attribute, int line)
        {
            ReadOnlySpan<char> name = SdpText.SplitName(attribute, out ReadOnlySpan<char> value);
            string? code = _sections.Count > 0 ? _sections[^1].ReadAttribute(name, value) : TakeSessionAttribute(name, value);
            return code is null ? null : Refuse(code, line);
        }

        private string? TakeSessionAttribute(ReadOnlySpan<char> name, ReadOnlySpan<char> value)
        {
            if (_transport.TryRead(name, value, out string? code))
            {
                return code;
            }

            if (SdpDirections.TryParse(name, out SdpDirection direction))
            {
                _direction = direction;
            }

            return name is not "group" || ReadGroup(value) ? null : SdpCodes.Malformed;
        }

        // RFC 8843 §7: group:BUNDLE 0 1 2. Groups with other semantics (LS) say nothing to us.
        private bool ReadGroup(ReadOnlySpan<char> value)
        {
            if (!SdpText.TryWord(ref value, out ReadOnlySpan<char> semantics))
            {
                return false;
            }

            if (semantics is not "BUNDLE")
            {
                return true;
            }

            bool first = _bundle is null;
            _bundle = [];
            while (SdpText.TryWord(ref value, out ReadOnlySpan<char> mid) && _bundle.Count < limits.MaxSections)
            {
                _bundle.Add(mid.ToString());
            }

            return first && value.IsEmpty;
        }

        public SdpError? Finish(out SdpOffer? offer)
        {
            offer = null;
            if (_sections.Count == 0)
            {
                return Malformed("An offer without a media section.", 0);
            }

            // 1. Each section for itself.
            List<SdpSection> sections = [];
            HashSet<string> mids = [];
            foreach (SdpSectionReader reader in _sections)
            {
                if (!reader.HasSecureProfile)
                {
                    return Refuse(SdpCodes.InsecureProfile, reader.Line);
                }

                if (reader.Finish(_direction, out SdpSection? section) is { } code)
                {
                    return Refuse(code, reader.Line);
                }

                if (!mids.Add(section!.Mid))
                {
                    return Malformed("Two sections have the same mid.", reader.Line);
                }

                sections.Add(section);
            }

            // 2. The one transport: that of the section the group is tagged with, which is its first in use.
            if (CheckBundle(mids) is { } outside)
            {
                return outside;
            }

            SdpSectionReader tagged = Tagged();
            if (CheckMux(tagged) is { } unmuxed)
            {
                return unmuxed;
            }

            return FinishTransport(tagged, sections, out offer);
        }

        private SdpSectionReader Tagged()
        {
            foreach (string mid in _bundle ?? [])
            {
                if (_sections.Find(s => s.Mid == mid && !s.Rejected) is { } section)
                {
                    return section;
                }
            }

            return _sections[0];
        }

        private SdpError? CheckBundle(HashSet<string> mids)
        {
            foreach (string mid in _bundle ?? [])
            {
                if (!mids.Contains(mid))
                {
                    return Malformed("The BUNDLE group names a mid that is not there.", 0);
                }
            }

            foreach (SdpSectionReader section in _sections)
            {
                if (!section.Rejected && _bundle?.Contains(section.Mid!) != true)
                {
                    return Refuse(SdpCodes.NoBundle, section.Line);
                }
            }

            return CheckExtensions();
        }

        /// <summary>
        /// RFC 8843 §9.1: bundled sections are one RTP session, so an id means the same extension in all of them. And
        /// one id for MID, because it is read before the section is known.
        /// </summary>
        private SdpError? CheckExtensions()
        {
            Dictionary<byte, string> meaning = [];
            byte midId = 0;
            foreach (SdpSectionReader section in _sections)
            {
                foreach (SdpExtension extension in section.Rejected ? [] : section.Extensions)
                {
                    bool clash = !meaning.TryAdd(extension.Id, extension.Uri) && meaning[extension.Id] != extension.Uri;
                    if (extension.Uri == RtpExtensionUris.Mid)
                    {
                        clash |= midId != 0 && midId != extension.Id;
                        midId = extension.Id;
                    }

                    if (clash)
                    {
                        return Malformed("Bundled sections disagree about a header extension.", section.Line);
                    }
                }
            }

            return null;
        }

        private SdpError? CheckMux(SdpSectionReader tagged)
        {
            foreach (SdpSectionReader section in _sections)
            {
                bool rtp = section.Kind is MediaKind.Audio or MediaKind.Video;
                if (rtp && !section.Rejected && !section.RtcpMux && (!section.BundleOnly || section == tagged))
                {
                    return Refuse(SdpCodes.NoRtcpMux, section.Line);
                }
            }

            return null;
        }

        private SdpError? FinishTransport(SdpSectionReader tagged, List<SdpSection> sections, out SdpOffer? offer)
        {
            offer = null;
            SdpTransportReader own = tagged.Transport;
            IceCredentials ice = new(own.Ufrag ?? _transport.Ufrag ?? "", own.Password ?? _transport.Password ?? "");
            if (!ice.IsWellFormed || _transport.Lite)
            {
                return Refuse(SdpCodes.NoIce, tagged.Line);
            }

            if ((own.Fingerprint ?? _transport.Fingerprint) is not { } fingerprint)
            {
                return Refuse(SdpCodes.NoFingerprint, tagged.Line);
            }

            // One transport has one certificate; an offer that names another one somewhere is not what a browser wrote.
            foreach (SdpSectionReader section in _sections)
            {
                if (!section.Rejected && section.Transport.Fingerprint is { } other && other.Algorithm == fingerprint.Algorithm && other != fingerprint)
                {
                    return Malformed("Bundled sections name different certificates.", section.Line);
                }
            }

            SdpSetup? setup = (own.Setup ?? _transport.Setup) switch
            {
                "actpass" => SdpSetup.ActPass,
                "active" => SdpSetup.Active,
                _ => null,
            };
            if (setup is null)
            {
                return Refuse(SdpCodes.SetupRole, tagged.Line);
            }

            offer = new SdpOffer
            {
                Ice = ice,
                Fingerprint = fingerprint,
                Setup = setup.Value,
                Sections = sections,
                BundleGroup = _bundle ?? [],
                TrickleIce = _transport.Trickle || own.Trickle,
            };
            return null;
        }

        private static SdpError Malformed(string message, int line) => new(SdpCodes.Malformed, message, line);

        private static SdpError Refuse(string code, int line) => new(code, SdpMessages.For(code), line);
    }
}
