using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Wardline.Media;
using Wardline.Rtc.Dtls;
using Wardline.Rtc;
using Wardline.Sfu;

namespace Wardline.Bench;

/// <summary>
/// What a session holds for each participant, on both heaps: weighed after everything that only its peers held is gone.
/// Two people, each with a simulcast camera and a microphone, each receiving the other's.
/// </summary>
internal static partial class MemoryMeasures
{
    private const int Visits = 20;
    private const int People = 2;

    /// <returns>Kilobytes of 1,000 bytes for each participant.</returns>
    public static IEnumerable<(string Name, double Kilobytes)> All()
    {
        yield return ("sfu.participant-idle", Weigh(TimeSpan.Zero));
        yield return ("sfu.participant-active", Weigh(TimeSpan.FromSeconds(8)));
    }

    /// <param name="talk">How long media flows both ways before; zero: they are connected and silent.</param>
    private static double Weigh(TimeSpan talk)
    {
        using IDtlsEngineFactory dtls = MediaCertificate.Create(TimeProvider.System, static (certificate, key) => new OpenSslDtls(certificate, key));

        // What is made once, whoever comes first.
        Hold(dtls, talk).Dispose();
        (long managed, long native) = HeapBytes();
        SfuSession[] sessions = [.. Enumerable.Range(0, Visits).Select(_ => Hold(dtls, talk))];
        (long managedAfter, long nativeAfter) = HeapBytes();
        foreach (SfuSession session in sessions)
        {
            session.Dispose();
        }

        return (managedAfter - managed + nativeAfter - native) / 1000.0 / (Visits * People);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static SfuSession Hold(IDtlsEngineFactory dtls, TimeSpan talk)
    {
        ParticipantId a = new(1);
        ParticipantId b = new(2);
        VirtualScene scene = new(
            new SfuSessionOptions(), dtls, [new BenchPeer(a, [.. BenchPeer.Media(), .. BenchPeer.Media(b, 3)]), new BenchPeer(b, [.. BenchPeer.Media(), .. BenchPeer.Media(a, 3)])]);
        scene.Connect();
        scene.Run(talk);
        if (talk > TimeSpan.Zero && scene.Peers.Any(p => p.VideoPackets < 100))
        {
            throw new InvalidOperationException("Nothing flows.");
        }

        scene.DisposePeers();
        return scene.Session;
    }

    private static (long Managed, long Native) HeapBytes()
    {
        GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        long managed = GC.GetTotalMemory(forceFullCollection: true);
        MallocInfo info = MallInfo2();
        return (managed, (long)(info.InUse + info.Mapped));
    }

    /// <summary>mallinfo(3): only what is used here has a name.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct MallocInfo
    {
        public nuint Arena, FreeChunks, FastChunks, MappedChunks, Mapped, Unused, FreeFast, InUse, Free, Top;
    }

    [LibraryImport("libc", EntryPoint = "mallinfo2")]
    private static partial MallocInfo MallInfo2();
}
