using Shouldly;
using TokenSense.KeyRegistry;

namespace TokenSense.Specs.Keys;

/// <summary>What happened to a stream, folded.</summary>
internal sealed record Story<TState, TEvent>(TState? State)
    where TState : class, IEvolved<TState, TEvent>
    where TEvent : class
{
    public static Story<TState, TEvent> Given(params TEvent[] happened) => new(happened.Aggregate((TState?)null, TState.Evolve));

    public Decision<TState, TEvent> When(Func<TState?, IEnumerable<TEvent>> decide) => new(State, decide);
}

internal sealed record Decision<TState, TEvent>(TState? Before, Func<TState?, IEnumerable<TEvent>> Decide)
    where TState : class, IEvolved<TState, TEvent>
    where TEvent : class
{
    public TState After => Decide(Before).Aggregate(Before, TState.Evolve)!;

    /// <summary>Every decision of this service may be repeated: on the state that it made it changes nothing.</summary>
    public TState Then(params TEvent[] expected)
    {
        Decide(Before).ShouldBe(expected);
        Decide(After).ShouldBeEmpty();
        return After;
    }

    public void ThenNothing() => Decide(Before).ShouldBeEmpty();
}
