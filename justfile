# The few entry points of the project; each also works as the plain command it shows.

# Clean the samples into out/: the main job, on pages that ship with the project.
run:
    cargo run --release -- clean samples/pages --include 'source.*' -o out

# All tests: units, documentation examples, the samples, the program as a whole.
test:
    cargo test --workspace

# What CI runs: formatting, lints, tests, documentation, and the two commands of the README.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo test --workspace
    RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" cargo doc --workspace --no-deps
    cargo run --release -- clean samples/pages --include 'source.*' -o out

# Score the samples against their human-written texts.
eval:
    cargo run --release -- eval --samples samples/pages

# Speed and memory: stages and whole, on the samples, or on a directory: `just bench path/to/pages` (docs/speed.md).
bench directory="":
    DECHAFF_BENCH_PAGES="{{directory}}" cargo bench -p dechaff

# Beside the peers, in one run, on a directory of pages.
bench-peers directory:
    cargo run --release --manifest-path benches/peers/Cargo.toml -- {{directory}}

# Train the models from a directory with the development data; see training/README.md.
train data:
    training/train.sh {{data}}

# The API documentation.
docs:
    cargo doc --workspace --no-deps --open
