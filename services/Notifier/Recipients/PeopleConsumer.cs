using MassTransit;
using TokenSense.Contracts;
using TokenSense.ServiceDefaults;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

namespace TokenSense.Notifier.Recipients;

/// <summary>Keeps who people are, beside what <see cref="ServiceDefaults.Access.DirectoryConsumer"/> keeps: here alone, because here they are written to.</summary>
public sealed class PeopleConsumer(Directory directory, Forgetting forgetting) : IConsumer<PersonChanged>, IConsumer<WorkspaceChanged>
{
    public Task Consume(ConsumeContext<PersonChanged> context) => context.WithoutLoss(async ct =>
    {
        // Before the row that tells the address goes.
        if (context.Message.Email is null && (await directory.Person(context.Message.UserId, ct))?.Email is { } address) await forgetting.Address(address, ct);
        await directory.Apply(context.Message, ct);
    });

    public Task Consume(ConsumeContext<WorkspaceChanged> context) =>
        context.Message.DeletedAt is null ? Task.CompletedTask : context.WithoutLoss(ct => forgetting.Workspaces(context.Message.WorkspaceId, ct));
}
