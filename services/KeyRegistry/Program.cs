using MassTransit;
using TokenSense.KeyRegistry;
using TokenSense.KeyRegistry.Credentials;
using TokenSense.KeyRegistry.Keys;
using TokenSense.KeyRegistry.Mail;
using TokenSense.KeyRegistry.Members;
using TokenSense.KeyRegistry.People;
using TokenSense.KeyRegistry.Projects;
using TokenSense.KeyRegistry.Workspaces;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;
using TokenSense.ServiceDefaults.Audit;
using TokenSense.ServiceDefaults.Mail;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSingleton(FirstSettings.From(builder.Configuration));
builder.Services.AddSingleton(SigningKeySettings.From(builder.Configuration));
builder.Services.AddSingleton(ConsoleAddress.From(builder.Configuration));
builder.AddMail();
builder.AddServiceDefaults("key-registry");
// First, so that what is told again (below) finds the queues of everyone who must hear it.
builder.AddBus(
    bus => bus.AddConsumer<KeysUsedConsumer>(),
    (rabbit, context) => rabbit.Receive(Queues.KeyRegistryKeysUsed, concurrency: 1, endpoint => endpoint.ConfigureConsumer<KeysUsedConsumer>(context)));
builder.AddEventStore("keyregistry", [Directory.Tables, AccessTokens.Tables, DirectoryRelay.ToldAgain, Tables.People, Tables.SigningKeys, GatewayUsers.Tables, KeyUse.Tables, RepeatedWrites.Tables], StoredEvents.Pin);
builder.AddAudit(Audited.Catalog);
builder.Services.AddSingleton<Changes>();
builder.Services.AddSingleton<KeyUse>();
builder.Services.AddSingleton(BrokerSettings.From(builder.Configuration));
builder.Services.AddSingleton<BrokerManagement>();
builder.Services.AddSingleton<GatewayUsers>();
builder.Services.AddHostedService<FirstStart>();
builder.Services.AddHostedService<BrokerUsers>();
builder.AddRelay<DirectoryRelay>();
builder.AddAccess();
builder.Services.AddSingleton<AccessTokens>();
builder.Services.AddSingleton<Sessions>();
builder.Services.AddSingleton<Erasure>();
builder.Services.AddSingleton<SignInThrottle>();
builder.Services.AddSingleton<ResetThrottle>();
builder.Services.AddSingleton<MailThrottle>();
builder.Services.AddSingleton<InvitationThrottle>();
builder.Services.AddSingleton<Letters>();
builder.Services.AddSingleton<PostOffice>();
builder.Services.AddHostedService(services => services.GetRequiredService<PostOffice>());
builder.Services.AddHostedService<SigningKeyRotation>();
builder.Services.AddHostedService<Upkeep>();

var app = builder.Build();
app.MapServiceDefaults();
var api = app.MapApi();
app.MapGet("/.well-known/jwks.json", SigningKeyRotation.PublicKeys).ExcludeFromDescription();
var auth = api.MapGroup("/auth").WithTags("Sign-in");
auth.MapPost("/token", SignIn.Handle).Reads<SignInRequest>().WithName("SignIn");
auth.MapPost("/sign-out", SignOut.Handle).WithName("SignOut");
auth.MapGet("/sessions", SignOut.List).Paged().WithName("ListSessions");
auth.MapDelete("/sessions/{id:guid}", SignOut.End).WithName("EndSession");
auth.MapPost("/password", ChangePassword.Handle).Reads<ChangePasswordRequest>().WithName("ChangePassword");
auth.MapPost("/password/reset", ResetPassword.Ask).Reads<ResetPasswordRequest>().WithName("AskForPasswordReset");
auth.MapPost("/password/reset/confirm", ResetPassword.Confirm).Reads<ConfirmResetRequest>().WithName("ConfirmPasswordReset");
auth.MapPost("/invitations/look", AcceptInvitation.Look).Reads<LookAtInvitationRequest>().WithName("LookAtInvitation");
auth.MapPost("/invitations/accept", AcceptInvitation.Handle).Reads<AcceptInvitationRequest>().WithName("AcceptInvitation");
auth.MapGet("/me", Me.Get).WithName("GetMe");
auth.MapPatch("/me", Me.Change).Reads<ChangeMeRequest>().WithName("ChangeMe");
auth.MapDelete("/me", Erasure.OfMe).Reads<EraseMeRequest>().WithName("DeleteMe");
auth.MapPost("/signing-keys/rotate", SigningKeyRotation.Rotate).WithName("RotateSigningKey");

var people = api.MapGroup("/people").WithTags("People");
people.MapGet("/", Erasure.List).Paged().WithName("ListPeople");
people.MapDelete("/{id:guid}", Erasure.OfPerson).WithName("DeletePerson");

var workspaces = api.MapGroup("/workspaces").WithTags("Workspaces");
workspaces.MapGet("/", ListWorkspaces.Handle).Paged().WithName("ListWorkspaces");
workspaces.MapPost("/", CreateWorkspace.Handle).Reads<CreateWorkspaceRequest>().WithName("CreateWorkspace");
workspaces.MapGet("/{ws}", GetWorkspace.Handle).WithName("GetWorkspace");
workspaces.MapPatch("/{ws}", ChangeWorkspace.Handle).Reads<ChangeWorkspaceRequest>().WithName("ChangeWorkspace");
workspaces.MapDelete("/{ws}", DeleteWorkspace.Handle).WithName("DeleteWorkspace");

var members = api.MapGroup("/workspaces/{ws}/members").WithTags("Members");
members.MapGet("/", ListMembers.Handle).Paged().WithName("ListMembers");
members.MapPost("/", InviteMember.Handle).Reads<InviteMemberRequest>().WithName("InviteMember");
members.MapGet("/{id:guid}", ListMembers.One).WithName("GetMember");
members.MapPatch("/{id:guid}", ChangeMember.Handle).Reads<ChangeMemberRequest>().WithName("ChangeMember");
members.MapDelete("/{id:guid}", ChangeMember.Remove).WithName("RemoveMember");

var projects = api.MapGroup("/workspaces/{ws}/projects").WithTags("Projects");
projects.MapGet("/", ListProjects.Handle).Paged().WithName("ListProjects");
projects.MapPost("/", CreateProject.Handle).Reads<CreateProjectRequest>().WithName("CreateProject");
projects.MapGet("/{project}", GetProject.Handle).WithName("GetProject");
projects.MapPatch("/{project}", ChangeProject.Handle).Reads<ChangeProjectRequest>().WithName("ChangeProject");
projects.MapPost("/{project}/archive", ArchiveProject.Archive).WithName("ArchiveProject");
projects.MapPost("/{project}/unarchive", ArchiveProject.Unarchive).WithName("UnarchiveProject");

var keys = api.MapGroup("/workspaces/{ws}/keys").WithTags("API keys");
keys.MapGet("/", ListKeys.Handle).Paged().WithName("ListKeys");
keys.MapPost("/", IssueKey.Handle).Reads<IssueKeyRequest>().WithName("IssueKey");
keys.MapGet("/{id:guid}", GetKey.Handle).WithName("GetKey");
keys.MapPatch("/{id:guid}", ChangeKey.Handle).Reads<ChangeKeyRequest>().WithName("ChangeKey");
keys.MapPost("/{id:guid}/rotate", RotateKey.Handle).Reads<RotateKeyRequest>().WithName("RotateKey");
keys.MapDelete("/{id:guid}", RevokeKey.Handle).WithName("RevokeKey");

var tokens = api.MapGroup("/workspaces/{ws}/tokens").WithTags("Automation tokens");
tokens.MapGet("/", ListTokens.Handle).Paged().WithName("ListTokens");
tokens.MapPost("/", IssueToken.Handle).Reads<IssueTokenRequest>().WithName("IssueToken");
tokens.MapDelete("/{id:guid}", RevokeToken.Handle).WithName("RevokeToken");

var gateways = api.MapGroup("/gateways").WithTags("Gateways");
gateways.MapGet("/", ListGateways.Handle).Paged().WithName("ListGateways");
gateways.MapPost("/", AdmitGateway.Handle).Reads<AdmitGatewayRequest>().WithName("AdmitGateway");
gateways.MapPost("/{id:guid}/rotate", RotateGateway.Handle).WithName("RotateGateway");
gateways.MapDelete("/{id:guid}", RevokeGateway.Handle).WithName("RevokeGateway");

api.MapAudit();
api.MapAuditPeople();

app.Run();
