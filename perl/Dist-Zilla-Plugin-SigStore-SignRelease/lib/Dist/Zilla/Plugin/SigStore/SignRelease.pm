package Dist::Zilla::Plugin::SigStore::SignRelease;

use 5.020;
use Moose;

use Encode                       qw(encode);
use File::Spec                   ();
use Moose::Util::TypeConstraints qw(enum);

use Dist::Zilla::Plugin::SigStore::SignRelease::Program ();

use namespace::autoclean;

our $VERSION = '1.00';

extends 'Dist::Zilla::Plugin::UploadToCPAN';
with 'Dist::Zilla::Role::BeforeBuild';

has upload_to_cpan => (is => 'ro', isa => 'Bool', default => 1);
has answer_yes     => (is => 'ro', isa => 'Bool', default => 0);
has wait           => (is => 'ro', isa => 'Bool', default => 0);

# What follows the archive's name in the bundle's, without the first dot.
has sigstore_extension => (is => 'ro', isa => 'Str', default => 'sigstore.json');

has [qw(identity issuer instance)] => (is => 'ro', isa => 'Str');
has provider => (is => 'ro', isa => enum([qw(google github microsoft)]));

# The program once it was found and is new enough.
has _program => (
    is       => 'ro',
    lazy     => 1,
    init_arg => undef,
    default  => sub {
        my ($self) = @_;
        return eval { Dist::Zilla::Plugin::SigStore::SignRelease::Program->find } // $self->_refuse($@);
    },
);

# The text of a F<.pause> file; undef where none is needed.
has _credentials => (is => 'ro', lazy => 1, init_arg => undef, builder => '_find_credentials');

# Read by CPAN::Uploader, as ever. Its error has the line in it that it does not understand, and with it a
# password perhaps; that is not repeated.
has '+pause_cfg' => (
    default => sub {
        my ($self) = @_;
        require CPAN::Uploader;
        my $file = File::Spec->rel2abs($self->pause_cfg_file, $self->pause_cfg_dir);
        return {} if !-e $file || !-r _;
        my $read = eval { CPAN::Uploader->read_config_file($file) };
        if (!$read) {
            $self->log("invalid file $file: expected lines of `key value`, found another text;"
                    . ' an encrypted file needs Config::Identity');
            return {};
        }
        return { map { $_ => $read->{$_} } grep { defined $read->{$_} } keys %{$read} };
    },
);

# The role of BeforeBuild brings an empty one, which would hide that of UploadToCPAN.
sub mvp_aliases {
    my ($self) = @_;
    return $self->SUPER::mvp_aliases;
}

around BUILDARGS => sub {
    my ($build, $class, @arguments) = @_;
    my $given = $class->$build(@arguments);
    $given->{sigstore_extension} =~ s/\A[.]// if defined $given->{sigstore_extension};
    return $given;
};

# Dist::Zilla builds the archive before the phase BeforeRelease. Whoever cannot release need not build.
sub before_build {
    my ($self) = @_;
    $self->_make_ready if $ENV{DZIL_RELEASING};
    return;
}

sub before_release {
    my ($self) = @_;
    $self->_make_ready;
    return;
}

sub release {
    my ($self, $archive) = @_;

    my @arguments = ($self->_options("$archive"), '--', "$archive");
    my $end = eval { $self->_program->run($self->_credentials, @arguments) } // $self->_refuse($@);
    $self->_explain($end, @arguments) if !$end->{started} || $end->{signal} || $end->{code};
    return;
}

sub _make_ready {
    my ($self) = @_;
    $self->_check_settings;
    $self->_check_releasers if $self->upload_to_cpan;
    $self->_program;
    $self->_credentials;
    return;
}

sub _check_settings {
    my ($self) = @_;
    $self->_refuse('invalid sigstore_extension: expected letters, digits, dots, - and _, found ' . $self->sigstore_extension)
        if $self->sigstore_extension !~ /\A[A-Za-z0-9][A-Za-z0-9._-]*\z/;
    # It goes to the command line, which others can read.
    $self->_refuse('invalid upload_uri: expected one without a password; put it into ~/.pause')
        if $self->has_upload_uri && $self->upload_uri =~ m{\A[^/]*//[^/?#]*@};
    return;
}

sub _check_releasers {
    my ($self) = @_;
    for my $other (@{ $self->zilla->plugins_with(-Releaser) }) {
        next if $other == $self || !$other->isa('Dist::Zilla::Plugin::UploadToCPAN');
        $self->_refuse(
            sprintf 'cannot upload: %s uploads too, and PAUSE accepts no file twice;'
                . ' remove it from dist.ini, in a bundle by [@Filter] and -remove = UploadToCPAN',
            $other->plugin_name
        );
    }
    return;
}

sub _find_credentials {
    my ($self) = @_;
    return if !$self->upload_to_cpan;
    # The program reads it from the environment.
    return if length($ENV{PAUSE_TOKEN} // q());

    my $stash = $self->zilla->stash_named($self->credentials_stash);
    my $token = $stash ? undef : $self->pause_cfg->{token};
    return $self->_lines(token => $token) if length($token // q());

    my %value;
    for my $name (qw(username password)) {
        # Undefined if nobody can answer a prompt.
        $value{$name} = eval { $self->$name } // q();
        $self->_refuse("cannot find a PAUSE $name;"
                . ' put it under [%PAUSE] in ~/.dzil/config.ini or into ~/.pause, or a token into PAUSE_TOKEN')
            if !length $value{$name};
    }
    return $self->_lines(user => $value{username}, password => $value{password});
}

sub _lines {
    my ($self, @pairs) = @_;
    my $text = q();
    while (my ($key, $value) = splice @pairs, 0, 2) {
        $self->_refuse("invalid PAUSE $key: expected one without blanks at its ends and without line breaks, found some")
            if $value =~ /\A\s|\s\z|[\r\n]/;
        $text .= "$key $value\n";
    }
    return encode('UTF-8', $text);
}

# Without spaces between a name and its value, so that no value is taken for an option.
sub _options {
    my ($self, $archive) = @_;

    my @options = "--bundle=$archive." . $self->sigstore_extension;
    for my $name (qw(identity issuer provider instance)) {
        push @options, "--$name=" . $self->$name if defined $self->$name;
    }
    push @options, '--yes' if $self->answer_yes;
    return (@options, '--no-upload') if !$self->upload_to_cpan;

    push @options, '--wait'                            if $self->wait;
    push @options, '--upload-uri=' . $self->upload_uri if $self->has_upload_uri;
    push @options, '--subdirectory=' . $self->subdir   if $self->has_subdir;
    return @options;
}

# What an exit code means, what to do, and whether the same archive can go on from where it stopped.
my %MEANING = (
    1  => [ 'it failed', 'see what it says above', 1 ],
    2  => [ 'it does not understand how it was called', 'install a version that fits this plugin', 0 ],
    3  => [ 'a service is down or has not answered yet', 'try again later', 1 ],
    11 => [ 'the bundle does not verify, or other bytes were published', 'see what it says above', 1 ],
    12 => [ 'it was somebody else who logged in or signed', 'log in as the one that dist.ini names, or correct dist.ini', 0 ],
    14 => [ 'the archive has defects, and nothing was signed', 'mend what it lists above', 0 ],
);
my $UNKNOWN = [ 'it ended in a way that this plugin does not know', 'see what it says above', 1 ];

sub _explain {
    my ($self, $end, @arguments) = @_;

    my $path = $self->_program->path;
    $self->_refuse("could not start $path: $end->{error}") if !$end->{started};

    my ($meaning, $remedy, $resumable)
        = $end->{signal}
        ? ("it was killed by $end->{signal}", 'see what it says above', 1)
        : @{ $MEANING{ $end->{code} } // $UNKNOWN };
    my $how     = $end->{signal} ? q() : " (exit code $end->{code})";
    my $message = "the release is not done: $meaning$how; $remedy";
    # A new build has other bytes, which PAUSE would refuse where it has these already.
    $message .= '; to go on with this archive: '
        . join q( ), map { _shown($_) } $path, 'release', @arguments
        if $resumable;
    return $self->_refuse($message);
}

# As one would type it.
sub _shown {
    my ($word) = @_;
    return $word if $word =~ m{\A[\w\@%+=:,./-]+\z}a;
    return q(') . $word =~ s/'/'\\''/gr . q(');
}

# Passed as an argument, so that no character in it has a meaning to the logger.
sub _refuse {
    my ($self, $message) = @_;
    chomp $message;
    return $self->log_fatal([ '%s', $message ]);
}

__PACKAGE__->meta->make_immutable;

1;

__END__

=encoding UTF-8

=head1 NAME

Dist::Zilla::Plugin::SigStore::SignRelease - sign a release with Sigstore and upload both to PAUSE

=head1 SYNOPSIS

In F<dist.ini>:

    [@Filter]
    -bundle = @Basic
    -remove = UploadToCPAN

    [SigStore::SignRelease]
    identity = you@example.com
    issuer   = https://accounts.google.com

Then:

    dzil release

=head1 DESCRIPTION

This plugin replaces L<Dist::Zilla::Plugin::UploadToCPAN>. On C<dzil release>
the program C<cpan-sigstore> checks the archive, signs it after a login in the
browser, and verifies the bundle. Then it uploads the bundle and, when PAUSE has
published it, the archive. That takes some minutes. There is no key to keep.

B<Your name becomes public>. The certificate contains it, and stays in a public
log for ever. C<cpan-sigstore> asks for your confirmation before the first
login.

=head1 ADDING IT TO dist.ini

PAUSE accepts no file twice, so remove the plugin that uploads. In a plugin
bundle, C<[@Filter]> does that as shown above. C<bundle> and C<remove> without a
dash mean the same, as long as no other option of C<[@Filter]> begins with one.

If F<dist.ini> lists its plugins one by one, replace C<[UploadToCPAN]> with
C<[SigStore::SignRelease]>. If both of them would upload, the plugin refuses the
release before the build.

=head1 ATTRIBUTES

=head2 identity

The intended signer, as the certificate will name it: usually an e-mail address,
or the address of a workflow. A login as somebody else ends the release, and
nothing is signed. Without this attribute, anybody who logs in signs.

=head2 issuer

The provider that has to vouch for the identity, such as
C<https://accounts.google.com>.

=head2 provider

C<google>, C<github> or C<microsoft>: skips the question on the login page.

=head2 instance

The name of another Sigstore than the public one, as
C<cpan-sigstore instance list> shows it.

=head2 wait

With 1, the plugin waits until PAUSE has published the release, and compares the
published bytes with the signed ones. 0 by default.

=head2 upload_to_cpan

With 0, the archive is checked, signed and verified, and nothing is uploaded.
1 by default.

=head2 answer_yes

With 1, confirms in advance that the name becomes public. 0 by default.

=head2 sigstore_extension

The end of the bundle's name after the archive's name, C<sigstore.json> by
default. A leading dot is allowed.

=head2 Attributes of UploadToCPAN

C<username>, C<credentials_stash>, C<pause_cfg_file>, C<pause_cfg_dir>,
C<upload_uri> and C<subdir> have their usual meaning. C<retries> and
C<retry_delay> are accepted and have no effect, because C<cpan-sigstore> retries
by itself.

=head1 CREDENTIALS

None are needed with C<upload_to_cpan = 0>. Otherwise the plugin uses the first
of these:

=over 4

=item * a token of PAUSE in the environment variable C<PAUSE_TOKEN>;

=item * C<username> and C<password> under C<[%PAUSE]> in F<~/.dzil/config.ini>;

=item * C<token>, or C<user> and C<password>, in F<~/.pause>, which may be
encrypted when L<Config::Identity> is installed;

=item * your answers to prompts.

=back

The plugin passes them to C<cpan-sigstore> through a pipe. They are never on its
command line, in a log or in a file. Only C<PAUSE_TOKEN> is in the environment,
because you put it there.

=head1 WHEN SOMETHING IS MISSING OR FAILS

Before the build, the plugin checks the program, its version, the credentials
and the other plugins. If one of them is unsuitable, nothing is built.

Every exit code of C<cpan-sigstore> other than 0 ends the release with an error,
and so does a signal:

    1   an error, shown above
    2   the program does not know one of its arguments
    3   a service is down or has not answered yet
    11  the bundle does not verify, or other bytes were published
    12  somebody else logged in or signed
    14  the archive has defects, and nothing was signed

If the release of the same archive can continue, the error shows the command.
Do not run C<dzil release> again instead. A new build has other bytes, and PAUSE
refuses them once it has the first ones.

=head1 ENVIRONMENT

=over 4

=item CPAN_SIGSTORE

The program, a path or a name in C<PATH>. Without it, C<cpan-sigstore> in
C<PATH>.

=item PAUSE_TOKEN

See L</CREDENTIALS>.

=item CPAN_UPLOADER_UPLOAD_URI

The upload form, unless C<upload_uri> names another.

=back

=head1 COMING FROM VERSIONS UP TO 0.06

Those versions were another program of the same name, which called C<cosign>.
F<dist.ini> stays as it is. The differences are:

=over 4

=item * You need C<cpan-sigstore>, and no C<cosign>.

=item * C<identity> and C<issuer> state the required signer. Before, the
signature was compared with the name that the bundle itself claimed.

=item * Names with blanks, quotes or semicolons are passed on unchanged. Before,
they went through a shell.

=item * The bundle is published before the archive is uploaded, and not after it.

=item * If signing fails, the release fails. Before, it only printed a message
and continued.

=back

=head1 SUPPORTED SYSTEMS

Systems with F</dev/fd>: Linux, macOS, the BSDs. On other systems you need a
token in C<PAUSE_TOKEN>, or C<upload_to_cpan = 0>.

=head1 AUTHOR

The cpan-sigstore authors

=head1 LICENSE

This module may be used under the terms of the MIT license or of the Apache
License, version 2.0, at your choice.

=cut
