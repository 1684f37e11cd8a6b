namespace Wardline.Client.Tests;

public sealed class MediaSourceTests
{
    [Fact]
    public void The_numbers_are_those_that_browsers_seal_with() =>
        Assert.Equal([1, 2, 3], new[] { MediaSource.Microphone, MediaSource.Camera, MediaSource.Screen }.Select(s => (int)s));
}
