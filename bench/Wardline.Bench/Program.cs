using Wardline.Bench;

if (args is not ["budgets", .. var rest] || rest.Length > 1)
{
    Console.Error.WriteLine("usage: Wardline.Bench budgets [budgets.json]");
    return 2;
}

string file = rest is [var named] ? named : Budgets.FindFile();
return Budgets.Check(file, [.. RtcMeasures.All(), .. SfuMeasures.All()]) ? 0 : 1;
