using System.Globalization;
using System.Net;
using Wardline.Rtc;

namespace Wardline.Netem.Relay;

/// <summary>The relay's command line; the conditions can also be changed later, by the same words without dashes.</summary>
internal sealed record RelayOptions
{
    public const string Usage = """
        wardline-netem --listen 127.0.0.1:PORT --to 127.0.0.1:PORT [--loss PERCENT] [--burst DATAGRAMS] [--delay MS]
                       [--jitter MS] [--reorder on|off] [--rate BITS|300k|2M|off] [--queue MS] [--seed N]
                       [--control PORT] [--seconds N]
        Both directions get the same conditions. Lines on standard input (or datagrams to the control port) change them:
          rate 300k        loss 5        delay 100        rate off loss 0
          up rate 300k     (only towards --to)            down loss 10     (only back)
          status           (answers with the counters)    quit
        """;

    public required IPEndPoint Listen { get; init; }

    public required IPEndPoint To { get; init; }

    public LinkConditions Conditions { get; init; } = LinkConditions.Perfect;

    public ulong Seed { get; init; } = 1;

    public int? ControlPort { get; init; }

    public TimeSpan RunFor { get; init; } = TimeSpan.FromHours(1);

    public static bool TryParse(string[] args, out RelayOptions? options, out string error)
    {
        options = null;
        IPEndPoint? listen = null, to = null;
        LinkConditionsText conditions = new();
        ulong seed = 1;
        int? control = null;
        double seconds = 3600;
        for (int i = 0; i < args.Length; i += 2)
        {
            string name = args[i].TrimStart('-');
            if (i + 1 == args.Length)
            {
                error = $"{args[i]}: a value is missing.";
                return false;
            }

            string value = args[i + 1];
            bool good = name switch
            {
                "listen" => IPEndPoint.TryParse(value, out listen),
                "to" => IPEndPoint.TryParse(value, out to),
                "seed" => ulong.TryParse(value, CultureInfo.InvariantCulture, out seed),
                "control" => ushort.TryParse(value, CultureInfo.InvariantCulture, out ushort port) && (control = port) > 0,
                "seconds" => double.TryParse(value, CultureInfo.InvariantCulture, out seconds) && seconds is > 0 and <= 86_400,
                _ => conditions.TrySet(name, value),
            };
            if (!good)
            {
                error = $"{args[i]} {value}: not understood.";
                return false;
            }
        }

        if (listen is null || to is null)
        {
            error = "--listen and --to are needed.";
            return false;
        }

        if (!IPAddress.IsLoopback(listen.Address) || !IPAddress.IsLoopback(to.Address))
        {
            error = "Only loopback addresses: this is a test instrument, not a proxy.";
            return false;
        }

        error = "";
        options = new RelayOptions
        {
            Listen = listen, To = to, Conditions = conditions.Build(LinkConditions.Perfect), Seed = seed, ControlPort = control,
            RunFor = TimeSpan.FromSeconds(seconds),
        };
        return true;
    }
}

/// <summary>Conditions as words: each one that was named replaces that part and leaves the others.</summary>
internal sealed class LinkConditionsText
{
    private double? _loss, _burst, _delay, _jitter, _queue;
    private bool? _reorder;
    private bool _rateNamed;
    private Bitrate? _rate;

    public bool TrySet(string name, string value) => name switch
    {
        "loss" => TryNumber(value, 99, ref _loss),
        "burst" => TryNumber(value, 1000, ref _burst),
        "delay" => TryNumber(value, 60_000, ref _delay),
        "jitter" => TryNumber(value, 60_000, ref _jitter),
        "queue" => TryNumber(value, 60_000, ref _queue),
        "reorder" => TryFlag(value, ref _reorder),
        "rate" => TryRate(value),
        _ => false,
    };

    public LinkConditions Build(LinkConditions current)
    {
        LossModel loss = current.Loss;
        if (_loss is not null || _burst is not null)
        {
            double fraction = _loss / 100 ?? Fraction(loss);
            loss = _burst is > 1 ? LossModel.Bursts(fraction, _burst.Value) : LossModel.Random(fraction);
        }

        return current with
        {
            Loss = loss,
            Delay = _delay is { } delay ? TimeSpan.FromMilliseconds(delay) : current.Delay,
            Jitter = _jitter is { } jitter ? TimeSpan.FromMilliseconds(jitter) : current.Jitter,
            QueueLimit = _queue is { } queue ? TimeSpan.FromMilliseconds(queue) : current.QueueLimit,
            Reorder = _reorder ?? current.Reorder,
            Rate = _rateNamed ? _rate : current.Rate,
        };
    }

    private static double Fraction(LossModel loss)
    {
        double bad = loss.GoodToBad / (loss.GoodToBad + loss.BadToGood);
        return (1 - bad) * loss.LossInGood + bad * loss.LossInBad;
    }

    private static bool TryNumber(string value, double max, ref double? number)
    {
        if (!double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double parsed) || !(parsed >= 0 && parsed <= max))
        {
            return false;
        }

        number = parsed;
        return true;
    }

    private static bool TryFlag(string value, ref bool? flag)
    {
        flag = value switch { "on" => true, "off" => false, _ => null };
        return flag is not null;
    }

    private bool TryRate(string value)
    {
        _rateNamed = true;
        if (value == "off")
        {
            _rate = null;
            return true;
        }

        double unit = value[^1..] switch { "k" => 1e3, "M" => 1e6, _ => 1 };
        string digits = unit == 1 ? value : value[..^1];
        if (!double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) || !(number * unit >= 1000 && number * unit <= 1e10))
        {
            return false;
        }

        _rate = new Bitrate((long)(number * unit));
        return true;
    }
}
