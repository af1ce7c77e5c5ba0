using System.Collections.Immutable;

namespace TokenSense.Tools.Demo;

/// <summary>What the clients got beside what the providers billed, call by call.</summary>
/// <param name="Lanes">In their order.</param>
public sealed record Reckoning(ImmutableArray<Tally> Lanes, Tally Workspace)
{
    public static Reckoning Of(Stage stage, IReadOnlyCollection<ClientCall> calls, IReadOnlyCollection<BilledCall> bill)
    {
        var budgets = stage.Lanes.Where(l => l.ProjectId is not null).ToDictionary(l => l.ProjectId!.Value, l => l.BudgetUsd);
        budgets[stage.WorkspaceId] = stage.BudgetUsd;
        var billed = bill.ToLookup(b => b.Id ?? "");
        var workspace = new Tally(FirstRefusal(stage.WorkspaceId));
        ImmutableArray<Tally> lanes = [.. stage.Lanes.Select(l => new Tally(l.ProjectId is { } project ? FirstRefusal(project) : null))];
        foreach (var call in calls)
            foreach (var tally in new[] { lanes[call.Lane], workspace })
                Enter(tally, call, Lane.All[call.Lane]);
        var answered = calls.Where(c => c.Answer.IsAllowed).Select(c => c.Answer.RequestId ?? "").ToHashSet();
        foreach (var _ in bill.Where(b => !answered.Contains(b.Id ?? ""))) workspace.Mistake("calls at the provider that no client here was answered");
        return new(lanes, workspace);

        TimeSpan? FirstRefusal(Guid scope) =>
            calls.Where(c => c.Answer.Exhausted.Any(b => b.Id == scope)).Select(c => (TimeSpan?)c.To).Min();

        void Enter(Tally tally, ClientCall call, Lane lane)
        {
            var answer = call.Answer;
            foreach (var outcome in call.Waited) tally.Wait(outcome);
            if (answer.IsBudget) Refuse(tally, answer);
            else if (!answer.IsAllowed) tally.Fail(answer.Outcome);
            else Allow(tally, call, lane);
        }

        void Allow(Tally tally, ClientCall call, Lane lane)
        {
            ImmutableArray<BilledCall> known = call.Answer.RequestId is { } id ? [.. billed[id]] : [];
            var tokens = known.Aggregate((Input: 0L, Output: 0L), (sum, b) => (sum.Input + b.InputTokens, sum.Output + b.OutputTokens));
            var cost = known.Sum(b => lane.CostUsd(b.InputTokens, b.OutputTokens, call.At));
            tally.Allow(tokens.Input, tokens.Output, cost, call.From);
            if (!call.Answer.IsComplete) tally.Mistake("answers that did not come to their end");
            if (known.Length != 1) tally.Mistake($"calls that the provider knows {known.Length} times");
            if (known.Any(b => !b.IsBilled || !b.IsFinished || b.Model != lane.Model)) tally.Mistake("calls that the provider knows otherwise");
            if (call.Answer.CostUsd is { } told && told != cost) tally.Mistake("calls told another cost than was billed");
        }

        void Refuse(Tally tally, ClientAnswer answer)
        {
            tally.Refuse(answer.Code ?? "");
            // The product's own words must say why.
            if (answer.Exhausted.IsEmpty || answer.Exhausted.Any(b => b.SpentUsd < b.BudgetUsd || budgets.GetValueOrDefault(b.Id) != b.BudgetUsd))
                tally.Mistake("402 without a budget that is used up");
        }
    }
}
