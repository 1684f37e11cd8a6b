using Microsoft.Extensions.Logging;

namespace Wardline.Media;

/// <summary>What an operator needs to hear of; nothing per packet, nothing of a person.</summary>
internal static partial class MediaLog
{
    [LoggerMessage(1, LogLevel.Information, "Media worker {Worker} receives on UDP port {UdpPort} and TCP port {TcpPort} (0: none)")]
    public static partial void WorkerStarted(ILogger log, int worker, int udpPort, int tcpPort);

    [LoggerMessage(2, LogLevel.Error, "Media session {Session} was closed because of an error of our own")]
    public static partial void SessionFaulted(ILogger log, int session, Exception exception);

    [LoggerMessage(3, LogLevel.Critical, "A media worker has ended because of an error of our own; its sessions are closed")]
    public static partial void WorkerFailed(ILogger log, Exception exception);

    [LoggerMessage(4, LogLevel.Critical, "DEBUG TAP IS ON: every packet that the SFU decrypts is written to {Path}. Never run it with real people.")]
    public static partial void TapOn(ILogger log, string path);

    [LoggerMessage(5, LogLevel.Information, "Media is sent with segmentation offload: {Sending}; received with receive offload: {Receiving} (Media:Offload is {Setting})")]
    public static partial void Offload(ILogger log, bool sending, bool receiving, MediaOffload setting);

    [LoggerMessage(8, LogLevel.Warning, "The kernel keeps {Bytes} bytes for arriving media where {Wanted} were asked for: a burst or a flood loses packets. Raise net.core.rmem_max.")]
    public static partial void SmallReceiveBuffer(ILogger log, int bytes, int wanted);

    [LoggerMessage(7, LogLevel.Warning, "A media worker could not be bound to processor {Processor}: it runs where the system puts it")]
    public static partial void NotPinned(ILogger log, int processor);

    [LoggerMessage(6, LogLevel.Warning, "The kernel refuses segmentation offload on every path: a media worker goes on without it")]
    public static partial void OffloadGivenUp(ILogger log);
}
