using TokenSense.KeyRegistry;
using TokenSense.KeyRegistry.Credentials;
using TokenSense.KeyRegistry.Keys;
using TokenSense.KeyRegistry.People;
using TokenSense.KeyRegistry.Projects;
using TokenSense.KeyRegistry.Workspaces;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSingleton(FirstSettings.From(builder.Configuration));
builder.AddServiceDefaults("key-registry");
builder.AddEventStore("keyregistry", [Directory.Tables, AccessTokens.Tables], StoredEvents.Pin);
builder.Services.AddSingleton<Changes>();
builder.Services.AddHostedService<FirstStart>();
builder.AddBus();
builder.AddRelay<DirectoryRelay>();
builder.AddAccess();
builder.Services.AddSingleton<AccessTokens>();
builder.Services.AddSingleton<SignInThrottle>();

var app = builder.Build();
app.MapServiceDefaults();
// What no endpoint answered (an unknown path, another method) is told in the same form as everything else.
app.UseStatusCodePages(page => page.HttpContext.Response.StatusCode switch
{
    StatusCodes.Status404NotFound => Problems.NotFound().ExecuteAsync(page.HttpContext),
    var status => Problems.Of(status, "INVALID_REQUEST", "The request cannot be handled here.").ExecuteAsync(page.HttpContext),
});

var people = app.MapGroup("/api/v1").WithTags("Sign-in").ProducesProblem(400).ProducesProblem(401);
people.MapPost("/auth/token", SignIn.Handle).Reads<SignInRequest>().WithName("SignIn");

var workspaces = app.MapGroup("/api/v1/workspaces").WithTags("Workspaces").ProducesProblem(400).ProducesProblem(401).InWorkspace();
workspaces.MapGet("/", ListWorkspaces.Handle).NeedsPerson().Paged().WithName("ListWorkspaces");
workspaces.MapPost("/", CreateWorkspace.Handle).NeedsPerson().Reads<CreateWorkspaceRequest>().WithName("CreateWorkspace");
workspaces.MapGet("/{ws}", GetWorkspace.Handle).Needs(Role.Viewer).WithName("GetWorkspace");
workspaces.MapPatch("/{ws}", ChangeWorkspace.Handle).Needs(Role.Admin).Reads<ChangeWorkspaceRequest>().WithName("ChangeWorkspace");
workspaces.MapDelete("/{ws}", DeleteWorkspace.Handle).Needs(Role.Owner).WithName("DeleteWorkspace");

var projects = app.MapGroup("/api/v1/workspaces/{ws}/projects").WithTags("Projects").ProducesProblem(400).ProducesProblem(401).InWorkspace();
projects.MapGet("/", ListProjects.Handle).Needs(Role.Viewer).Paged().WithName("ListProjects");
projects.MapPost("/", CreateProject.Handle).Needs(Role.Admin).Reads<CreateProjectRequest>().WithName("CreateProject");
projects.MapGet("/{project}", GetProject.Handle).Needs(Role.Viewer).WithName("GetProject");
projects.MapPatch("/{project}", ChangeProject.Handle).Needs(Role.Admin).Reads<ChangeProjectRequest>().WithName("ChangeProject");
projects.MapPost("/{project}/archive", ArchiveProject.Archive).Needs(Role.Admin).WithName("ArchiveProject");
projects.MapPost("/{project}/unarchive", ArchiveProject.Unarchive).Needs(Role.Admin).WithName("UnarchiveProject");

var keys = app.MapGroup("/api/v1/workspaces/{ws}/keys").WithTags("API keys").ProducesProblem(400).ProducesProblem(401).InWorkspace();
keys.MapGet("/", ListKeys.Handle).Needs(Role.Viewer).Paged().WithName("ListKeys");
keys.MapPost("/", IssueKey.Handle).Needs(Role.Member).Reads<IssueKeyRequest>().WithName("IssueKey");
keys.MapGet("/{id:guid}", GetKey.Handle).Needs(Role.Viewer).WithName("GetKey");
keys.MapPatch("/{id:guid}", ChangeKey.Handle).Needs(Role.Member).Reads<ChangeKeyRequest>().WithName("ChangeKey");
keys.MapPost("/{id:guid}/rotate", RotateKey.Handle).Needs(Role.Member).Reads<RotateKeyRequest>().WithName("RotateKey");
keys.MapDelete("/{id:guid}", RevokeKey.Handle).Needs(Role.Member).WithName("RevokeKey");

var tokens = app.MapGroup("/api/v1/workspaces/{ws}/tokens").WithTags("Automation tokens").ProducesProblem(400).ProducesProblem(401).InWorkspace();
tokens.MapGet("/", ListTokens.Handle).Needs(Role.Viewer).Paged().WithName("ListTokens");
tokens.MapPost("/", IssueToken.Handle).Needs(Role.Admin).Reads<IssueTokenRequest>().WithName("IssueToken");
tokens.MapDelete("/{id:guid}", RevokeToken.Handle).Needs(Role.Admin).WithName("RevokeToken");

var gateways = app.MapGroup("/api/v1/gateways").WithTags("Gateways").ProducesProblem(400).ProducesProblem(401);
gateways.MapGet("/", ListGateways.Handle).NeedsPerson(isOperator: true).Paged().WithName("ListGateways");
gateways.MapPost("/", AdmitGateway.Handle).NeedsPerson(isOperator: true).Reads<AdmitGatewayRequest>().WithName("AdmitGateway");
gateways.MapDelete("/{id:guid}", RevokeGateway.Handle).NeedsPerson(isOperator: true).WithName("RevokeGateway");

app.Run();
