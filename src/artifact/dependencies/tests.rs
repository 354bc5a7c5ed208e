//! Which packages each kind of manifest names.

use super::*;
use crate::source::FileId;

fn packages(path: &str, ecosystem: Ecosystem, text: &str) -> Vec<(String, String)> {
    let file = SourceFile::new(FileId(0), path, text);
    let root = read(&file, ecosystem).unwrap().root;
    let mut all = Vec::new();
    for entry in root.get("packages").unwrap().entries() {
        let written = file.slice(entry.key_span);
        let name = entry.key.rsplit(':').next().unwrap();
        let name = name.split('[').next().unwrap();
        assert!(
            written
                .to_lowercase()
                .replace(['_', '.'], "-")
                .contains(&name.to_lowercase().replace(['_', '.'], "-")),
            "{written} {name}"
        );
        all.push((
            entry.key.to_string(),
            entry.value.as_str().unwrap_or("-").to_owned(),
        ));
    }
    all
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect()
}

#[test]
fn maven_reads_dependencies_and_properties_and_leaves_managed_and_test_ones() {
    let text = "<project><properties><otel.version>1.40.0</otel.version></properties>\n<dependencyManagement><dependencies><dependency><groupId>m</groupId><artifactId>managed</artifactId></dependency></dependencies></dependencyManagement>\n<dependencies>\n<dependency><groupId>io.opentelemetry</groupId>\n<artifactId>opentelemetry-api</artifactId><version>${otel.version}</version></dependency>\n<dependency><groupId>junit</groupId><artifactId>junit</artifactId><scope>test</scope></dependency>\n</dependencies></project>";
    assert_eq!(
        packages("pom.xml", Ecosystem::Maven, text),
        owned(&[("io.opentelemetry:opentelemetry-api", "1.40.0")])
    );
}

#[test]
fn gradle_reads_both_notations() {
    let text = "dependencies {\n  implementation 'io.opentelemetry:opentelemetry-api:1.40.0'\n  runtimeOnly(\"io.opentelemetry:opentelemetry-sdk\")\n  implementation(platform(\"io.opentelemetry:opentelemetry-bom:1.40.0\"))\n  testImplementation 'junit:junit:4'\n}\n";
    assert_eq!(
        packages("build.gradle", Ecosystem::Gradle, text),
        owned(&[
            ("io.opentelemetry:opentelemetry-api", "1.40.0"),
            ("io.opentelemetry:opentelemetry-sdk", "-"),
            ("io.opentelemetry:opentelemetry-bom", "1.40.0")
        ])
    );
}

#[test]
fn pip_reads_names_extras_and_versions() {
    let text = "# c\nFlask==3.0 # x\nopentelemetry_distro[otlp]>=0.48b0 ; python_version > '3'\n--hash=x\nrequests\n";
    assert_eq!(
        packages("requirements.txt", Ecosystem::Pip, text),
        owned(&[
            ("flask", "3.0"),
            ("opentelemetry-distro[otlp]", "-"),
            ("opentelemetry-distro", ">=0.48b0"),
            ("requests", "-")
        ])
    );
}

#[test]
fn hashes_and_places_are_no_part_of_a_version() {
    let text = "a==1.2.0 \\\n    --hash=sha256:00\nb==2 --hash=sha256:11\ngit+https://h.example/c#egg=c\n./local\n";
    assert_eq!(
        packages("requirements.txt", Ecosystem::Pip, text),
        owned(&[("a", "1.2.0"), ("b", "2")])
    );
}

#[test]
fn pyproject_reads_pep_621_and_poetry() {
    let text = "[project]\nname = \"x\"\ndependencies = [\n  \"opentelemetry-sdk>=1.2\",\n]\n[tool.poetry.dependencies]\npython = \"^3.12\"\nopentelemetry-api = {version = \"1.2\"}\n";
    assert_eq!(
        packages("pyproject.toml", Ecosystem::PyProject, text),
        owned(&[
            ("opentelemetry-sdk", ">=1.2"),
            ("opentelemetry-api", "1.2"),
            ("python", "^3.12")
        ])
    );
}

#[test]
fn pyproject_reads_groups_that_are_not_for_development() {
    let text = "[project]\nname = \"x\"\ndependencies = []\n[tool.poetry.group.tracing.dependencies]\nopentelemetry-distro = \"0.66b1\"\n[tool.poetry.group.test.dependencies]\npytest = \"8\"\n[dependency-groups]\ndev = [\"ruff\"]\nrun = [\"gunicorn==23.0\"]\n";
    assert_eq!(
        packages("pyproject.toml", Ecosystem::PyProject, text),
        owned(&[("opentelemetry-distro", "0.66b1"), ("gunicorn", "23.0")])
    );
}

#[test]
fn npm_reads_dependencies() {
    let text = "{\n  \"name\": \"x\",\n  \"dependencies\": {\"@opentelemetry/api\": \"^1.9\"},\n  \"devDependencies\": {\"jest\": \"1\"}\n}";
    assert_eq!(
        packages("package.json", Ecosystem::Npm, text),
        owned(&[("@opentelemetry/api", "^1.9")])
    );
}

#[test]
fn rebar_reads_the_list_of_dependencies() {
    let text = "{erl_opts, [debug_info]}.\n{deps, [\n  {opentelemetry, \"~> 1.4\"}, % sdk\n  {opentelemetry_api, \"1.3\"},\n  cowboy,\n  {x, {git, \"https://e/x.git\", {tag, \"1\"}}}\n]}.\n";
    assert_eq!(
        packages("rebar.config", Ecosystem::Rebar, text),
        owned(&[
            ("opentelemetry", "~> 1.4"),
            ("opentelemetry_api", "1.3"),
            ("cowboy", "-"),
            ("x", "-")
        ])
    );
}

#[test]
fn profiles_of_rebar_add_to_what_is_released_but_for_those_of_development() {
    let text = "{deps, [cowboy]}.\n{profiles, [\n  {prod, [{deps, [{recon, \"2.5\"}]}, {relx, [{mode, prod}]}]},\n  {test, [{deps, [meck]}]}\n]}.\n";
    assert_eq!(
        packages("rebar.config", Ecosystem::Rebar, text),
        owned(&[("cowboy", "-"), ("recon", "2.5")])
    );
    let read = |text: &str| {
        let file = SourceFile::new(FileId(0), "rebar.config", text);
        read(&file, Ecosystem::Rebar).unwrap().root
    };
    let root = read(text);
    assert!(root.get("packages").unwrap().openness().is_none());
    assert!(root.at(&["dev_packages", "meck"]).is_some());
    assert!(
        read("{deps, Deps}.\n")
            .get("packages")
            .unwrap()
            .openness()
            .is_some()
    );
}

#[test]
fn releases_list_their_applications_in_order() {
    let told = |path: &str, ecosystem, text: &str| {
        let file = SourceFile::new(FileId(0), path, text);
        let root = read(&file, ecosystem).unwrap().root;
        let release = |release: &Node| {
            let applications = release.get("applications").unwrap();
            let entries = applications.items().iter().map(|one| {
                format!(
                    "{}:{}",
                    one.str_at(&["name"]).unwrap(),
                    one.str_at(&["type"]).unwrap()
                )
            });
            let open = if applications.openness().is_some() {
                " ..."
            } else {
                ""
            };
            let entries: Vec<String> = entries.collect();
            format!(
                "{} {}{open}",
                release.str_at(&["name"]).unwrap(),
                entries.join(" ")
            )
        };
        let releases = root.get("releases").unwrap().items().iter();
        releases.map(release).collect::<Vec<String>>()
    };
    let rebar = "{relx, [\n  {release, {cart, \"1.2\"}, [opentelemetry_exporter, {opentelemetry, temporary}, {cart, \"1.2\", transient}]},\n  {release, {debug, \"1\"}, {extend, cart}, [runtime_tools]},\n  {vm_args, \"x\"}\n]}.\n{profiles, [{prod, [{relx, [{release, {prod, \"1\"}, [cart]}]}]}, {test, [{relx, [{release, {t, \"1\"}, []}]}]}]}.\n";
    assert_eq!(
        told("rebar.config", Ecosystem::Rebar, rebar),
        [
            "cart opentelemetry_exporter:permanent opentelemetry:temporary cart:transient",
            "debug runtime_tools:permanent ...",
            "prod cart:permanent",
        ]
    );
    let mix = "def project do\n [app: :cart, releases: [\n  cart: [steps: [:assemble, :tar], applications: [opentelemetry_exporter: :permanent, opentelemetry: :temporary]],\n  plain: [version: \"1\"]]]\nend\ndef application, do: [applications: [:logger]]\n";
    assert_eq!(
        told("mix.exs", Ecosystem::Mix, mix),
        ["cart opentelemetry_exporter:permanent opentelemetry:temporary ..."]
    );
}

#[test]
fn mix_reads_the_list_of_dependencies() {
    let text = "defp deps do\n [{:opentelemetry, \"~> 1.4\"},\n {:phoenix, path: \"x\"},\n {:credo, \"1\", only: [:dev]}]\nend\n";
    assert_eq!(
        packages("mix.exs", Ecosystem::Mix, text),
        owned(&[("opentelemetry", "~> 1.4"), ("phoenix", "-")])
    );
}

#[test]
fn go_reads_blocks_and_single_lines() {
    let text = "module example.com/a\n\ngo 1.22\n\nrequire go.opentelemetry.io/otel v1.28.0\nrequire (\n\tgithub.com/x/y v0.1.0 // indirect\n)\n";
    assert_eq!(
        packages("go.mod", Ecosystem::Go, text),
        owned(&[
            ("go.opentelemetry.io/otel", "v1.28.0"),
            ("github.com/x/y", "v0.1.0")
        ])
    );
}

#[test]
fn dotnet_reads_package_references() {
    let text = "<Project Sdk=\"Microsoft.NET.Sdk.Web\"><ItemGroup>\n<PackageReference Include=\"OpenTelemetry.Extensions.Hosting\" Version=\"1.9.0\" />\n<PackageReference Include=\"OpenTelemetry\"><Version>1.8.0</Version></PackageReference>\n</ItemGroup></Project>";
    assert_eq!(
        packages("a.csproj", Ecosystem::NuGet, text),
        owned(&[
            ("OpenTelemetry.Extensions.Hosting", "1.9.0"),
            ("OpenTelemetry", "1.8.0")
        ])
    );
}

#[test]
fn broken_manifests_are_errors_with_a_place() {
    for (path, ecosystem, text) in [
        ("pom.xml", Ecosystem::Maven, "<project>\n<a></project>"),
        ("pyproject.toml", Ecosystem::PyProject, "[project\n"),
        ("package.json", Ecosystem::Npm, "{\"a\": [}"),
    ] {
        let file = SourceFile::new(FileId(0), path, text);
        assert!(read(&file, ecosystem).is_err(), "{path}");
    }
}

#[test]
fn version_catalogs_follow_references() {
    let text = "[versions]\notel = \"1.40\"\n[libraries]\na = \"g:art-a:2\"\nb = {module = \"io.opentelemetry:api\", version.ref = \"otel\"}\nc = {group = \"g\", name = \"art-c\", version = \"3\"}\n";
    assert_eq!(
        packages("gradle/libs.versions.toml", Ecosystem::Gradle, text),
        owned(&[
            ("g:art-a", "2"),
            ("io.opentelemetry:api", "1.40"),
            ("g:art-c", "3")
        ])
    );
}

#[test]
fn lists_on_one_line_are_read() {
    assert_eq!(
        packages(
            "build.gradle",
            Ecosystem::Gradle,
            "dependencies { implementation(\"g:a:1\"); runtimeOnly 'g:b:2' }\n"
        ),
        owned(&[("g:a", "1"), ("g:b", "2")])
    );
    assert_eq!(
        packages(
            "mix.exs",
            Ecosystem::Mix,
            "def project, do: [deps: [{:opentelemetry, \"~> 1.4\"}, {:phoenix, \"1\"}]]\n"
        ),
        owned(&[("opentelemetry", "~> 1.4"), ("phoenix", "1")])
    );
}
