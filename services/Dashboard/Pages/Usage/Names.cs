using TokenSense.Dashboard.Client;

namespace TokenSense.Dashboard.Pages.Usage;

/// <summary>What projects and keys are called. Of many keys only those are read that are shown, and all when somebody searches them.</summary>
public sealed class Names
{
    public const string OtherColor = "#8b95a7";
    private readonly ApiClient _api;
    private readonly WorkspaceModel _workspace;
    private readonly Dictionary<Guid, ProjectModel> _projects;
    private readonly Dictionary<Guid, KeyModel?> _keys;
    private bool _hasAllKeys;

    private Names(ApiClient api, WorkspaceModel workspace, IReadOnlyList<ProjectModel> projects, ListOf<KeyModel> keys)
    {
        (_api, _workspace, _hasAllKeys) = (api, workspace, keys.NextCursor is null);
        _projects = projects.ToDictionary(p => p.Id);
        _keys = keys.Data.ToDictionary(k => k.Id, k => (KeyModel?)k);
    }

    public static async Task<Names> Read(ApiClient api, WorkspaceModel workspace, CancellationToken ct)
    {
        var projects = api.All<ProjectModel>($"{workspace.Path}/projects", ct);
        var keys = api.Get<ListOf<KeyModel>>($"{workspace.Path}/keys?limit=200", ct);
        return new(api, workspace, await projects, await keys);
    }

    public IEnumerable<ProjectModel> Projects => _projects.Values.OrderBy(p => p.Name, StringComparer.OrdinalIgnoreCase);

    public string Project(Guid? id) => id is not { } known ? "Unassigned" : _projects.TryGetValue(known, out var project) ? project.Name : known.ToString();
    public string Color(Guid? id) => id is { } known && _projects.TryGetValue(known, out var project) ? project.Color : OtherColor;
    public string Key(Guid? id) => id is { } known && _keys.GetValueOrDefault(known) is { } key ? key.Name : $"{id}";

    /// <summary>Reads the names of keys that are not known yet.</summary>
    public async Task Know(IEnumerable<Guid> keys, CancellationToken ct)
    {
        var unknown = keys.Where(id => !_keys.ContainsKey(id)).Distinct().ToList();
        foreach (var some in unknown.Chunk(10))
        {
            var found = await Task.WhenAll(some.Select(id => _api.Find<KeyModel>($"{_workspace.Path}/keys/{id}", ct)));
            foreach (var (id, key) in some.Zip(found)) _keys[id] = key;
        }
    }

    public async Task<IEnumerable<KeyModel>> AllKeys(CancellationToken ct)
    {
        if (!_hasAllKeys)
        {
            foreach (var key in await _api.All<KeyModel>($"{_workspace.Path}/keys", ct)) _keys[key.Id] = key;
            _hasAllKeys = true;
        }
        return _keys.Values.OfType<KeyModel>().OrderBy(k => k.Name, StringComparer.OrdinalIgnoreCase);
    }
}
