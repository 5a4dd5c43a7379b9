import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.interceptor.api.IInterceptorService;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.api.dao.IFhirSystemDao;
import ca.uhn.fhir.jpa.packages.IPackageInstallerSvc;
import ca.uhn.fhir.jpa.packages.PackageInstallationSpec;
import ca.uhn.fhir.jpa.provider.JpaCapabilityStatementProvider;
import ca.uhn.fhir.jpa.provider.JpaSystemProvider;
import ca.uhn.fhir.jpa.search.DatabaseBackedPagingProvider;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.interceptor.RequestValidatingInterceptor;
import ca.uhn.fhir.rest.server.provider.ResourceProviderFactory;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import ca.uhn.fhir.validation.IInstanceValidatorModule;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.ValidationResult;
import java.io.ByteArrayInputStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.hl7.fhir.utilities.npm.NpmPackage;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/** {@code Judge PORT [PACKAGE.tgz …]}: a stock HAPI on loopback that refuses what breaks its declared profile. */
public class Judge {

    public static void main(String[] arguments) throws Exception {
        var app = new AnnotationConfigApplicationContext(Storage.class);
        var settings = app.getBean(JpaStorageSettings.class);
        settings.setResourceClientIdStrategy(JpaStorageSettings.ClientIdStrategyEnum.ALPHANUMERIC); // packages bring ids
        for (int i = 1; i < arguments.length; i++) {
            install(app, Path.of(arguments[i]));
        }
        settings.setResourceClientIdStrategy(JpaStorageSettings.ClientIdStrategyEnum.NOT_ALLOWED);

        var fhir = new RestfulServer(app.getBean(FhirContext.class));
        fhir.registerProviders(app.getBean("myResourceProvidersR4", ResourceProviderFactory.class).createProviders());
        fhir.registerProvider(app.getBean(JpaSystemProvider.class));
        fhir.setServerConformanceProvider(new JpaCapabilityStatementProvider(fhir, app.getBean(IFhirSystemDao.class),
                settings, app.getBean(ISearchParamRegistry.class), app.getBean(IValidationSupport.class)));
        fhir.setPagingProvider(app.getBean(DatabaseBackedPagingProvider.class));
        fhir.setDefaultPageSize(20);
        fhir.setMaximumPageSize(200);
        fhir.setDefaultResponseEncoding(EncodingEnum.JSON);
        fhir.setInterceptorService(app.getBean(IInterceptorService.class));
        fhir.registerInterceptor(validator(app));

        var jetty = new org.eclipse.jetty.server.Server(
                new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])));
        var context = new ServletContextHandler("/");
        context.addServlet(new ServletHolder(fhir), "/fhir/*");
        jetty.setHandler(context);
        jetty.start();
        jetty.join();
    }

    private static void install(AnnotationConfigApplicationContext app, Path file) throws Exception {
        var content = Files.readAllBytes(file);
        var about = NpmPackage.fromPackage(new ByteArrayInputStream(content));
        app.getBean(IPackageInstallerSvc.class).install(new PackageInstallationSpec()
                .setName(about.name()).setVersion(about.version()).setPackageContents(content)
                .setInstallMode(PackageInstallationSpec.InstallModeEnum.STORE_AND_INSTALL)
                .setFetchDependencies(false));
    }

    /** 422 for what is invalid; {@code $validate} gives its own answer. */
    private static RequestValidatingInterceptor validator(AnnotationConfigApplicationContext app) {
        var check = new RequestValidatingInterceptor() {
            @Override
            protected ValidationResult validate(String body, RequestDetails request) {
                var operation = request.getOperation();
                return operation != null && operation.startsWith("$") ? null : super.validate(body, request);
            }
        };
        check.addValidatorModule(app.getBean(IInstanceValidatorModule.class));
        check.setFailOnSeverity(ResultSeverityEnum.ERROR);
        check.setAddValidationResultsToResponseOperationOutcome(false);
        return check;
    }
}
