package Vectors;
use strict;
use warnings;

use Exporter qw(import);
use Exhibit  qw(slurp);
use File::Temp qw(tempdir);
use IO::Socket::INET ();
use JSON::PP ();
use POSIX ();
use MIME::Base64 qw(encode_base64 decode_base64);

use CPAN::Sigstore::Archive  ();
use CPAN::Sigstore::Chain    ();
use CPAN::Sigstore::Decision ();
use CPAN::Sigstore::JSON     ();
use CPAN::Sigstore::Mirror   ();
use CPAN::Sigstore::Policy   ();
use CPAN::Sigstore::Record   ();
use CPAN::Sigstore::Release  ();
use CPAN::Sigstore::Time     ();
use CPAN::Sigstore::TrustedRoot ();
use CPAN::Sigstore::Verifier    ();

our @EXPORT_OK = qw(vectors answer expected);

# What an answer to a case of each file states.
my %RESULT = (
    names      => [qw(finding)],
    meta       => [qw(finding)],
    retrieval  => [qw(meaning)],
    records    => [qw(accepted digest error)],
    succession => [qw(outcomes chain)],
    gate       => [qw(expected)],
    sequences  => [qw(verdicts)],
    bundles    => [qw(finding)],
);
my %ANSWER = (names => \&_name, meta => \&_meta, retrieval => \&_retrieval, records => \&_record, succession => \&_succession, gate => \&_gate, sequences => \&_sequence, bundles => \&_bundle);

# The result of this implementation for a case of a file of vectors; nothing for a file that it does not implement.
sub answer {
    my ($file, $case) = @_;
    my $implementation = $ANSWER{$file} or return;
    return $implementation->($case);
}

# The result that the case states.
sub expected {
    my ($file, $case) = @_;
    my %case = %$case;
    $case{outcomes} = [ map { $_->{outcome} } @{ $case{arrivals} } ] if $file eq 'succession';
    $case{accepted} = $case{accepted} ? 1 : 0 if $file eq 'records';
    $case{expected} = _whole($case{expected}) if $file eq 'gate';
    $case{verdicts} = [ map { $_->{expected} } @{ $case{steps} } ] if $file eq 'sequences';
    return { map { exists $case{$_} ? ($_ => $case{$_}) : () } @{ $RESULT{$file} } };
}

# A verdict with all of its keys.
sub _whole {
    my ($verdict) = @_;
    my %whole = (owner => undef, %$verdict);
    $whole{remembers} = { packages => [], newest => 0, %{ $whole{remembers} } } if $whole{remembers};
    return \%whole;
}

sub _name {
    my ($case) = @_;
    my $release = defined $case->{path} ? CPAN::Sigstore::Release->parse_path($case->{path}) : CPAN::Sigstore::Release->parse_name($case->{file});
    return { finding => undef } if !$release;
    my $meta    = $case->{meta} || {};
    my $finding = $release->compare_names(
        name           => $meta->{name},
        version        => $meta->{version},
        release_status => $meta->{'release-status'},
        folder         => $case->{folder},
    );
    return { finding => $finding // 'trusted' };
}

# A server gives the same answer to each request.
sub _retrieval {
    my ($case) = @_;
    my $server = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1') or die "cannot listen: $@\n";
    my $child  = fork // die "cannot fork: $!\n";
    if (!$child) {
        my $answer = join q(), "HTTP/1.1 $case->{status} x\r\nConnection: close\r\n", (map { "$_: $case->{headers}{$_}\r\n" } sort keys %{ $case->{headers} }), "\r\n",
            decode_base64($case->{body});
        while (my $client = $server->accept) {
            while (defined(my $line = <$client>)) { last if $line eq "\r\n" }
            print {$client} $answer;
        }
        POSIX::_exit(0);
    }
    my $found = eval { [ CPAN::Sigstore::Mirror->new('http://127.0.0.1:' . $server->sockport)->fetch('file', 1 << 20) ] };
    kill TERM => $child;
    waitpid $child, 0;
    return { meaning => !$found ? 'unknown' : defined $found->[0] ? 'file' : 'absent' };
}

# The archive is written to a file, because Archive::Tar reads files.
sub _meta {
    my ($case)  = @_;
    my $release = CPAN::Sigstore::Release->parse_name($case->{file});
    my $place   = tempdir(CLEANUP => 1) . "/$case->{file}";
    open my $handle, '>:raw', $place or die "cannot write $place: $!\n";
    print {$handle} decode_base64($case->{archive});
    close $handle or die "cannot write $place: $!\n";
    return { finding => CPAN::Sigstore::Archive::compare($release, $place) // 'trusted' };
}

sub _record {
    my ($case) = @_;
    my $text   = defined $case->{bytes} ? decode_base64($case->{bytes}) : $case->{record};
    my $record = eval { CPAN::Sigstore::Record->parse($text) };
    return $record ? { accepted => 1, digest => $record->digest } : { accepted => 0, error => $@->code };
}

sub _succession {
    my ($case) = @_;
    my $chain   = CPAN::Sigstore::Chain->new($case->{author});
    my %context = (now => seconds($case->{now}), overrides => $case->{overrides});
    my @outcomes;
    for my $signed (@{ signed($case->{arrivals}) }) {
        my ($result) = $chain->append($signed, %context);
        push @outcomes, $result->[0];
    }
    return { outcomes => \@outcomes, chain => [ map { $_->{record}->digest } $chain->records ] };
}

sub _gate {
    my ($case) = @_;
    my $verdict = CPAN::Sigstore::Decision::decide(facts($case));
    my @keys = qw(finding decision exit binding owner);
    push @keys, 'remembers' if ($case->{expected} && $case->{expected}{remembers}) || $case->{'wants-remembers'};
    return { expected => { map { $_ => $verdict->{$_} } @keys } };
}

# Decides about one release after the other, each by what those before it have taught.
sub _sequence {
    my ($case) = @_;
    my (%chain, %author, %distribution, %signed, %owners, %newest, @verdicts);
    for my $step (@{ $case->{steps} }) {
        my $release = release($step->{release});
        my ($id, $name) = ($release->author, $release->distribution);
        my %known = (
            records      => $chain{$id} || [],
            author       => $author{$id},
            distribution => $distribution{"$id $name"},
            signed       => $signed{$id},
            owners       => [ values %owners ],
            signing      => { (map { $_ => 'record' } keys %chain), %signed },
            newest       => [ values %{ $newest{$name} || {} } ],
        );
        my %given   = facts({ %$step, policy => $case->{policy}, remembered => \%known, 'trust-material-days' => 0, overrides => [] });
        my $verdict = CPAN::Sigstore::Decision::decide(%given);
        push @verdicts, { map { $_ => $verdict->{$_} } qw(finding decision exit binding owner) };
        # Records that continue a remembered chain are remembered in any case (8.3).
        my $remembers = $verdict->{decision} =~ /\A(?:allow|warn)\z/ ? $verdict->{remembers} : {};
        my @records = $given{known}{chain}->records;
        $given{known}{chain}->append($_, now => $given{now}, overrides => []) for @{ $given{directory} };
        if ($remembers->{records} || @records) {
            my @added = map { my $digest = $_->{record}->digest; grep { CPAN::Sigstore::Record->parse($_->{record})->digest eq $digest } @{ $step->{directory} || [] }, @{ $known{records} } }
                $given{known}{chain}->records;
            my %seen;
            $chain{$id} = [ grep { !$seen{ $_->{record} }++ } @added ] if @added;
        }
        my $signer = ref $step->{signature} ? $step->{signature}{signer} : undef;
        if ($signer && %$remembers) {
            $author{$id} //= $signer if $remembers->{author};
            $distribution{"$id $name"} //= { author => $id, signer => $signer } if $remembers->{distribution};
            $signed{$id} //= $step->{release};
            # Ids that were not known yet are remembered (8.2).
            for my $known (grep { ($verdict->{binding} // q()) eq 'first-seen' && $_ } $author{$id}, ($distribution{"$id $name"} || {})->{signer}) {
                %$known = (%$known, claims => { %{ $signer->{claims} || {} }, %{ $known->{claims} || {} } });
            }
        }
        for my $package (@{ $remembers->{packages} || [] }) {
            my $owner = $owners{$package} ||= { package => $package, holders => [$id], path => $step->{release}, signed => undef, seen => $step->{now} };
            $owner->{signed} //= $step->{release} if $signer;
        }
        $newest{$name}{$id} = $step->{release} if $remembers->{newest};
    }
    return { verdicts => \@verdicts };
}

# The cases of one file of the standard, with numbers and booleans as Perl's own. Records are bytes.
sub vectors {
    my ($name) = @_;
    my @cases = @{ plain(CPAN::Sigstore::JSON::decode(slurp("../vectors/$name.json"))) };
    die "expected vectors in $name.json, found none\n" if !@cases;
    return @cases;
}

sub plain {
    my ($value) = @_;
    return [ map { plain($_) } @$value ] if ref $value eq 'ARRAY';
    if (ref $value eq 'HASH') {
        my %plain = map { $_ => plain($value->{$_}) } keys %$value;
        utf8::encode($plain{record}) if defined $plain{record} && !ref $plain{record};
        return \%plain;
    }
    return $value if !ref $value;
    return $value->isa('CPAN::Sigstore::JSON::Number') ? $value->whole : $value->is_true;
}

sub seconds {
    my ($time) = @_;
    return CPAN::Sigstore::Time::parse($time) // die "invalid time: $time\n";
}

sub signed {
    return [
        map {
            +{
                record => CPAN::Sigstore::Record->parse($_->{record}),
                signer => signer($_->{signer}),
                times  => [ map { seconds($_) } @{ $_->{signed} } ],
            }
        } @{ $_[0] || [] }
    ];
}

sub release {
    my ($path) = @_;
    return if !defined $path;
    return CPAN::Sigstore::Release->parse_path($path) // die "invalid path: $path\n";
}

sub signature {
    my ($stated) = @_;
    return if !$stated;
    return { refused => $stated->{refused} }     if exists $stated->{refused};
    return { undetermined => $stated->{untold} } if exists $stated->{untold};
    return {
        signer    => signer($stated->{signer}),
        times     => [ map { seconds($_) } @{ $stated->{signed} } ],
        statement => $stated->{statement},
    };
}

sub facts {
    my ($case)    = @_;
    my $release    = release($case->{release});
    my $remembered = $case->{remembered};
    my $index      = $case->{index};
    return (
        release        => $release,
        policy         => CPAN::Sigstore::Policy->parse($case->{policy}),
        now            => seconds($case->{now}),
        packages       => $case->{packages} || [],
        signature      => scalar signature($case->{signature}),
        trust_age_days => $case->{'trust-material-days'},
        digest         => 'sha256:' . '01' x 32,
        archive        => $case->{archive},
        known          => {
            chain        => scalar CPAN::Sigstore::Chain->restored($release->author, @{ signed($remembered->{records}) }),
            author       => scalar signer($remembered->{author}),
            distribution => $remembered->{distribution}
            ? { author => $remembered->{distribution}{author}, signer => signer($remembered->{distribution}{signer}) }
            : undef,
            signed  => scalar release($remembered->{signed}),
            newest  => [ map { release($_) } @{ $remembered->{newest} || [] } ],
            owners  => { map { $_->{package} => { %$_, release => release($_->{path}) } } @{ $remembered->{owners} || [] } },
            signing => $remembered->{signing} || {},
            handed_over => $remembered->{'handed-over'} || {},
        },
        index => $index
        ? {
            absent   => $index->{absent},
            future   => $index->{future},
            age_days => $index->{'age-days'} // 0,
            records  => signed($index->{records}),
            packages => $index->{packages} || {},
            }
        : undef,
        directory => signed($case->{directory}),
        overrides => $case->{overrides},
    );
}

# The case has bytes in base64, as the suite sends them, or names files and changes.
sub _bundle {
    my ($case) = @_;
    my $whole = exists $case->{'trusted-root'} ? $case : whole_bundle($case);
    my ($content, $bundle, $root) = map { decode_base64($whole->{$_}) } qw(content bundle trusted-root);
    my $verified = eval {
        CPAN::Sigstore::Verifier::verify(
            root    => CPAN::Sigstore::TrustedRoot->parse($root),
            bundle  => $bundle,
            content => $content,
            now     => seconds($whole->{now}),
        );
    };
    return { finding => 'valid' } if $verified;
    return { finding => ref $@ && $@->code eq 'authority-unknown' ? 'unavailable' : 'signature-invalid' };
}

# Any time after the signatures.
my $AFTERWARDS = '2027-01-15T08:00:00Z';

sub whole_bundle {
    my ($case) = @_;
    my %whole = (content => $case->{content} // encode_base64(slurp($case->{file}), q()), now => $AFTERWARDS);
    for my $part ([ 'bundle', 'bundle', 'change' ], [ 'trusted-root', 'root', 'root-change' ]) {
        my ($key, $name, $change) = @$part;
        $whole{$key} = changed(slurp($case->{$name}), $case->{$change});
    }
    return \%whole;
}

# A text with other fields, in base64.
sub changed {
    my ($text, $change) = @_;
    return encode_base64($text, q()) if !$change;
    return $change->{text} if exists $change->{text};
    return encode_base64($text . q( ) x ($change->{pad} - length $text), q()) if exists $change->{pad};
    my $json     = JSON::PP->new->utf8->canonical;
    my $document = $json->decode($text);
    for my $path (@{ $change->{remove} || [] }) {
        my ($place, $key) = place($document, $path);
        delete $place->{$key};
    }
    for my $path (sort keys %{ $change->{set} || {} }) {
        my ($place, $key) = place($document, $path);
        if   (ref $place eq 'ARRAY') { $place->[$key] = $change->{set}{$path} }
        else                         { $place->{$key} = $change->{set}{$path} }
    }
    return encode_base64($json->encode($document), q());
}

# The object or list in which a value is (RFC 6901), and its key there.
sub place {
    my ($place, $path) = @_;
    my ($empty, @keys) = split m{/}, $path;
    my $last = pop @keys;
    for my $key (@keys) { $place = ref $place eq 'ARRAY' ? $place->[$key] : $place->{$key} }
    return ($place, $last);
}

# A signer of the vectors.
sub signer {
    my ($signer) = @_;
    return defined $signer ? { claims => {}, %$signer } : undef;
}

1;
