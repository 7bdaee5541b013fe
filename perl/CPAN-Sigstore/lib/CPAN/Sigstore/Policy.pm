package CPAN::Sigstore::Policy;
use 5.016;
use strict;
use warnings;

use CPAN::Sigstore::Error    ();
use CPAN::Sigstore::Identity ();
use CPAN::Sigstore::Release  ();
use CPAN::Sigstore::TOML     ();
use CPAN::Sigstore::Time     ();

our $VERSION = '0.01';

my $SIZE_LIMIT  = 4 * 1024 * 1024;
my $LONGEST_AGE = 3650;

# The findings that a policy decides.
my @DECIDED = qw(unsigned identity-unknown name-unchecked name-mismatch owner-changed release-rolled-back index-stale);
my %DEFAULT = (
    (map { $_ => 'warn' } @DECIDED),
    'name-mismatch'      => 'deny',
    'require-signed'     => 0,
    'allow-old-format'   => 0,
    'trust-material-age' => 30,
    'index-age'          => 7,
    'index-age-limit'    => 30,
);
my %READ = (
    (map { $_ => \&_decision } @DECIDED),
    (map { $_ => \&_boolean } qw(require-signed allow-old-format)),
    (map { $_ => \&_days } qw(trust-material-age index-age index-age-limit)),
    identities => \&_identities,
    authors    => \&_authors,
);
my %CLAIM = map { $_ => 1 } @CPAN::Sigstore::Identity::CLAIMS;

# Reads the text of a policy.toml, strictly.
sub parse {
    my ($class, $text) = @_;
    _fail("expected at most $SIZE_LIMIT bytes") if length $text > $SIZE_LIMIT;
    my $document = CPAN::Sigstore::TOML::parse($text);
    my $self = bless { author => {}, distribution => {}, module => {}, release => {} }, $class;
    for my $key (sort keys %$document) {
        my $value = $document->{$key};
        _fail("expected a table for `$key`") if ref $value ne 'HASH';
        if    ($key eq 'default') { $self->{default} = _section('default', $value) }
        elsif ($key eq 'pause')   { $self->{pause}   = _pause($value) }
        elsif (exists $self->{$key}) {
            for my $name (keys %$value) {
                my $known = _section_name($key, $name);
                _fail("expected a name once, found `$name` for $key") if !defined $known || exists $self->{$key}{$known};
                $self->{$key}{$known} = $key eq 'release' ? _digest($value->{$name}) : _section($key, $value->{$name});
            }
        }
        else { _fail("found the unknown key `$key`") }
    }
    return $self;
}

sub _fail {
    my ($message) = @_;
    return CPAN::Sigstore::Error->throw('policy', "invalid policy: $message");
}

sub _section_name {
    my ($kind, $name) = @_;
    if ($kind eq 'author') {
        $name = uc $name;
        return CPAN::Sigstore::Release::is_pause_id($name) ? $name : undef;
    }
    if ($kind eq 'release') {
        my $release = _release($name);
        return $release && $release->path;
    }
    return $name =~ /\A[A-Za-z0-9_.+-]+\z/ ? $name : undef if $kind eq 'distribution';
    my $package = $name =~ s/::\*\z//r;
    return $package =~ /\A[\w:'.-]+\z/ && $package !~ /:\z/ ? $name : undef;
}

# Section 7.6: the path of a release, which begins with its author or as the package index has it.
sub _release {
    my ($name) = @_;
    if ($name =~ m{\A([^/]+)/} && CPAN::Sigstore::Release::is_pause_id($1)) {
        $name = join q(/), substr($1, 0, 1), substr($1, 0, 2), $name;
    }
    return CPAN::Sigstore::Release->parse_path($name);
}

sub _digest {
    my ($stated) = @_;
    _fail('expected a table with `digest` alone for a release')
        if ref $stated ne 'HASH' || !exists $stated->{digest} || keys %$stated != 1;
    my $digest = $stated->{digest};
    _fail('expected `sha256:` and 64 hexadecimal digits for `digest`')
        if ref $digest || $digest !~ /\Asha256:[0-9A-Fa-f]{64}\z/;
    return lc $digest;
}

sub _section {
    my ($kind, $stated) = @_;
    _fail("expected a table for a section of $kind") if ref $stated ne 'HASH';
    my %section;
    for my $key (sort keys %$stated) {
        my $read = $READ{$key} or _fail("found the unknown key `$key`");
        _fail('expected identities in a section of an author, a distribution or a module')
            if $key eq 'identities' && $kind eq 'default';
        _fail('expected `authors` in a section of a module or a distribution')
            if $key eq 'authors' && $kind ne 'module' && $kind ne 'distribution';
        $section{$key} = $read->($key, $stated->{$key});
    }
    return \%section;
}

sub _decision {
    my ($key, $value) = @_;
    _fail("expected allow, warn or deny for `$key`") if ref $value || $value !~ /\A(?:allow|warn|deny)\z/;
    return $value;
}

sub _boolean {
    my ($key, $value) = @_;
    _fail("expected true or false for `$key`") if ref $value ne 'CPAN::Sigstore::JSON::Boolean';
    return $value->is_true;
}

sub _days {
    my ($key, $value) = @_;
    my $days = ref $value eq 'CPAN::Sigstore::JSON::Number' ? $value->whole : undef;
    _fail("expected 1 to $LONGEST_AGE days for `$key`") if !defined $days || $days < 1 || $days > $LONGEST_AGE;
    return $days;
}

sub _authors {
    my ($key, $value) = @_;
    _fail("expected at least one PAUSE id for `$key`") if ref $value ne 'ARRAY' || !@$value;
    my @ids = map { ref $_ ? q() : uc } @$value;
    _fail("expected PAUSE ids for `$key`") if grep { !CPAN::Sigstore::Release::is_pause_id($_) } @ids;
    return \@ids;
}

sub _pause {
    my ($stated) = @_;
    for my $key (keys %$stated) {
        _fail("found the unknown key `$key` in [pause]") if $key ne 'issuer' && $key ne 'domain';
    }
    my ($issuer, $domain) = map { $_ // q() } @{$stated}{qw(issuer domain)};
    _fail('expected `issuer` and `domain` in [pause]') if ref $issuer || ref $domain || $issuer eq q() || $domain eq q() || $domain =~ /!/;
    return { issuer => $issuer, domain => $domain };
}

sub _identities {
    my ($key, $value) = @_;
    _fail("expected at least one identity for `$key`") if ref $value ne 'ARRAY' || !@$value;
    return [ map { _pin($_) } @$value ];
}

sub _pin {
    my ($stated) = @_;
    _fail('expected a table for an identity') if ref $stated ne 'HASH';
    my (%identity, %claims);
    for my $key (sort keys %$stated) {
        my $value = $stated->{$key};
        _fail("expected a text for `$key` of an identity") if ref $value;
        if    ($CLAIM{$key})                                        { $claims{$key}   = $value }
        elsif ($key =~ /\A(?:subject|pattern|issuer|from|until)\z/) { $identity{$key} = $value }
        else                                                        { _fail("found the unknown key `$key` of an identity") }
    }
    for my $key (qw(subject pattern issuer)) {
        delete $identity{$key} if defined $identity{$key} && $identity{$key} eq q();
    }
    _fail('expected either a `subject` or a `pattern`') if exists $identity{subject} == exists $identity{pattern};
    _fail('expected an `issuer` beside a name')         if !exists $identity{issuer};
    for my $key (grep { exists $identity{$_} } qw(from until)) {
        my ($seconds) = CPAN::Sigstore::Time::parse_any($identity{$key});
        $identity{$key} = $seconds // _fail("expected a time for `$key`");
    }
    _fail('expected `from` before `until`')
        if defined $identity{from} && defined $identity{until} && $identity{from} >= $identity{until};
    _check_claims(\%claims);
    if (defined(my $expression = delete $identity{pattern})) {
        @identity{qw(expression matcher)} = ($expression, expression($expression));
    }
    my $pin = CPAN::Sigstore::Identity->new(%identity, claims => \%claims);
    _fail('expected a `repository` or `repository-id` beside the name or pattern of a workflow') if $pin->leaves_source_open;
    return $pin;
}

sub _check_claims {
    my ($claims) = @_;
    for my $claim (keys %$claims) {
        my $form = $claim eq 'repository' || $claim eq 'workflow' ? qr{\A[a-z]+://.}s : qr/./s;
        _fail("expected another form of `$claim`") if $claims->{$claim} !~ $form;
    }
    _fail('expected `workflow` without `@refs/`') if ($claims->{workflow} // q()) =~ m{\@refs/};
    return;
}

# A regular expression for the whole name. Only the forms that every dialect reads alike are accepted, so nothing in
# it runs code or changes its meaning from program to program.
sub expression {
    my ($text) = @_;
    my $class = qr/\[\^?(?:[^\[\]\\&~-]|\\[^A-Za-z0-9\s])(?:[^\[\]\\&~]|\\[^A-Za-z0-9\s])*\]/;
    my $inner = $text =~ s/\A\^//r =~ s/(?<!\\)\$\z//r;
    my $count = qr/[*+?]\??|\{[0-9]{1,3}(?:,[0-9]{0,3})?\}\??/;
    my $rest  = $inner;
    my $depth = 0;
    my $atom  = 0;
    while ($rest ne q()) {
        if    ($rest =~ s/\A\((?:\?:|(?!\?|\*))//)                    { $depth++; $atom = 0 }
        elsif ($rest =~ s/\A\)//)                                     { $depth--; $atom = 1 }
        elsif ($rest =~ s/\A\|//)                                     { $atom = 0 }
        elsif ($rest =~ s/\A(?:\\[^A-Za-z0-9\s]|$class|[^\\\[\](){}|*+?^\$])//) { $atom = 1 }
        elsif ($atom && $rest =~ s/\A$count//)                        { $atom = 0 }
        else                                                          { $depth = -1 }
        _fail("expected a pattern of letters, classes, groups and repetitions, found `$text`") if $depth < 0;
    }
    _fail("expected an end of each group, found `$text`") if $depth != 0;
    my $matcher = eval {qr/\A(?:$inner)\z/};
    return $matcher // _fail("expected a pattern, found `$text`");
}

# Section 7.4: the settings for a release, once for the packages that share them.
sub rules {
    my ($self, $release, @packages) = @_;
    my (%groups, @order);
    for my $package (@packages) {
        my @names = $self->_modules_of($package);
        my $key = join "\0", @names;
        $groups{$key} ||= { names => \@names, packages => [] };
        push @{ $groups{$key}{packages} }, $package;
    }
    $groups{q()} = { names => [], packages => [] } if !%groups;
    return map { $self->_rule($release, $groups{$_}) } sort keys %groups;
}

# The names of the sections for a package, the most specific first.
sub _modules_of {
    my ($self, $package) = @_;
    my @names = $package;
    while ($package =~ s/::(?!.*::).*\z//s) { push @names, "${package}::*" }
    return grep { exists $self->{module}{$_} } @names;
}

sub _rule {
    my ($self, $release, $group) = @_;
    my @sections = map { [ module => $self->{module}{$_} ] } @{ $group->{names} };
    push @sections, [ distribution => $self->{distribution}{ $release->distribution } || {} ];
    push @sections, [ author => $self->{author}{ $release->author } || {} ], [ default => $self->{default} || {} ];
    my %rule = (packages => $group->{packages}, pause => $self->{pause}, digest => $self->{release}{ $release->path }, %DEFAULT);
    for my $key (keys %DEFAULT, 'identities') {
        for my $section (@sections) {
            my ($kind, $stated) = @$section;
            next if !exists $stated->{$key};
            $rule{$key} = $stated->{$key};
            $rule{origin}{$key} = $kind;
            last;
        }
    }
    for my $kind (qw(module distribution)) {
        for my $section (grep { $_->[0] eq $kind && exists $_->[1]{authors} } @sections) {
            $rule{"$kind-authors"} //= $section->[1]{authors};
        }
    }
    return \%rule;
}

# Section 7.1: the decision about a finding.
sub decide {
    my ($rule, $finding) = @_;
    return 'allow'     if $finding eq 'trusted';
    return 'try-later' if $finding eq 'unavailable';
    return 'deny'      if !grep { $_ eq $finding } @DECIDED;
    return 'deny'      if $rule->{'require-signed'} && $finding ne 'index-stale';
    return $rule->{$finding};
}

1;

__END__

=head1 NAME

CPAN::Sigstore::Policy - the settings of a user

=head1 SYNOPSIS

    use CPAN::Sigstore::Policy;

    my $policy = CPAN::Sigstore::Policy->parse("default.unsigned = 'deny'\n");
    for my $rule ($policy->rules($release, 'Foo::Bar')) {
        print CPAN::Sigstore::Policy::decide($rule, 'unsigned'), "\n";
    }

=head1 DESCRIPTION

Section 7 of the standard. The text is a F<policy.toml> of cpan-sigstore. An
unknown key is an error.

Patterns are regular expressions for the whole name. This module accepts only
the forms that all dialects read alike: characters, classes, groups, choices and
repetitions. It refuses others.

=head1 METHODS

=head2 parse(TEXT)

Returns the policy. It throws a L<CPAN::Sigstore::Error> with the code
C<policy>.

=head2 rules(RELEASE, PACKAGES)

Returns the settings for a release, once for the packages that share them. There
is at least one. A rule is a hash of settings, with the C<packages>.

=head1 FUNCTIONS

=head2 decide(RULE, FINDING)

Returns C<allow>, C<warn>, C<deny> or C<try-later>.

=head2 expression(TEXT)

Returns the pattern for a regular expression, which matches the whole name.

=cut
