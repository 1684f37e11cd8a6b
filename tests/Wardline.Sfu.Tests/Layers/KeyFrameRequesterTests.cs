using Wardline.Rtc;
using Wardline.Sfu.Layers;
using Wardline.Sfu.Sessions;

namespace Wardline.Sfu.Tests.Layers;

/// <summary>The table of docs/design/forwarding.md, section 3.</summary>
public sealed class KeyFrameRequesterTests
{
    private readonly KeyFrameRequester _requester = new(TimeSpan.FromMilliseconds(500), new Deadline());

    [Fact]
    public void Many_wishes_become_one_request_and_a_late_one_waits_its_turn()
    {
        _requester.Wish(At(0));
        Assert.True(_requester.TryTakeRequest(At(0)));
        _requester.Wish(At(40));
        _requester.Wish(At(90));
        Assert.False(_requester.TryTakeRequest(At(90)));
        _requester.OnKeyFrameStart();
        Assert.Equal(Instant.Never, _requester.NextAt);
        _requester.Wish(At(300));
        Assert.False(_requester.TryTakeRequest(At(300)));
        Assert.Equal(At(500), _requester.NextAt);
        Assert.True(_requester.TryTakeRequest(At(500)));
        Assert.False(_requester.TryTakeRequest(At(999)));
        Assert.True(_requester.TryTakeRequest(At(1000)));
    }

    [Fact]
    public void A_wish_that_nobody_renews_ends_after_five_seconds()
    {
        _requester.Wish(At(0));
        int requests = 0;
        for (int ms = 0; ms < 20_000; ms += 10)
        {
            requests += _requester.TryTakeRequest(At(ms)) ? 1 : 0;
        }

        Assert.Equal(11, requests);
        Assert.Equal(KeyFrameState.Quiet, _requester.State);
        Assert.Equal(Instant.Never, _requester.NextAt);
    }

    private static Instant At(int milliseconds) => Instant.FromMilliseconds(5000 + milliseconds);
}
