using MassTransit;
using TokenSense.Contracts;

namespace TokenSense.ServiceDefaults.Access;

/// <summary>Keeps a service's copy of the directory current.</summary>
public sealed class DirectoryConsumer(Directory directory) :
    IConsumer<WorkspaceChanged>, IConsumer<ProjectChanged>, IConsumer<ApiKeyChanged>,
    IConsumer<MemberChanged>, IConsumer<CredentialChanged>, IConsumer<SigningKeyChanged>,
    IConsumer<SessionsEnded>, IConsumer<PersonErased>, IConsumer<PricesChanged>
{
    public Task Consume(ConsumeContext<WorkspaceChanged> context) => Apply(context);
    public Task Consume(ConsumeContext<ProjectChanged> context) => Apply(context);
    public Task Consume(ConsumeContext<ApiKeyChanged> context) => Apply(context);
    public Task Consume(ConsumeContext<MemberChanged> context) => Apply(context);
    public Task Consume(ConsumeContext<CredentialChanged> context) => Apply(context);
    public Task Consume(ConsumeContext<SigningKeyChanged> context) => Apply(context);
    public Task Consume(ConsumeContext<SessionsEnded> context) => Apply(context);
    public Task Consume(ConsumeContext<PricesChanged> context) => Apply(context);

    public Task Consume(ConsumeContext<PersonErased> context) => context.WithoutLoss(ct => directory.Erase(context.Message, ct));

    private Task Apply<T>(ConsumeContext<T> context) where T : class =>
        context.WithoutLoss(ct => directory.Apply(context.Message, ct));
}
